import { standardAveraging } from "../../../air/averagings.ts";
import { bandsOf } from "../../../air/standards/index-of.ts";
import type { Category, Standard, Table } from "../../../air/standards/standard.ts";
import { unitName } from "../../page/field.ts";
import { useSpeech } from "../../page/language.ts";
import { stateOrder } from "../../page/site-state.ts";
import { SiteSymbol } from "../../page/site-symbol.tsx";
import type { ViewStore } from "../address/view-store.ts";
import { badges, type MarkLook, shapes } from "../marks/mark-look.ts";
import { BadgePicture, MarkPicture } from "../marks/mark-picture.tsx";
import { type AirStore, chosenStandard } from "../station/air-store.ts";
import { tableFor } from "../station/bands.ts";
import { inkOn } from "../station/ink.ts";
import "./legend.css";

const PLAIN: MarkLook = {
  shape: "live",
  label: "42",
  colour: null,
  ink: "182025",
  badge: null,
  isDoubtful: false,
  isDemo: false,
  isReplay: false,
};

const UNIT_NAMES = { "ug/m3": "µg/m³", "mg/m3": "mg/m³", ppb: "ppb", ppm: "ppm" } as const;

interface Step {
  readonly category: Category;
  readonly index: string;
  readonly values: string;
}

/** Each category with its range, in the index' numbers and in concentrations. */
function stepsOf(standard: Standard, table: Table | undefined, format: (value: number) => string): readonly Step[] {
  if (table === undefined) return standard.categories.map((category) => ({ category, index: "", values: "" }));
  const range = (from: number, to: number | null) =>
    to === null ? `${format(from)}+` : `${format(from)}–${format(to)}`;
  return bandsOf(standard, table).flatMap((band, i, bands) => {
    const category = standard.categories.find(({ id }) => id === band.category);
    if (category === undefined) return [];
    const isLast = i === bands.length - 1;
    const to = isLast ? null : band.to;
    const [low, high] = band.index ?? [null, null];
    const times = table.scale === undefined ? "" : "×";
    return {
      category,
      index: low === null ? "" : low === high ? String(low) : range(low, isLast ? null : high),
      values: `${range(band.from, to)}${times}`,
    };
  });
}

function Scale({ air, views }: { air: AirStore; views: ViewStore }) {
  const { words, name, format } = useSpeech();
  const { standard: id, pollutant, average } = views.choice.value;
  const standard = chosenStandard(id);
  const table = tableFor(standard, pollutant, standardAveraging[average]);
  const unit =
    table === undefined
      ? ""
      : table.scale !== undefined
        ? name(standard.shortName)
        : unitName(words, UNIT_NAMES[table.unit]);
  return (
    <section>
      <h3>
        {name(standard.name)}
        <small>
          {words.air.pollutant[pollutant]}
          {unit !== "" && `, ${unit}`}
        </small>
      </h3>
      <ul class="scale">
        {stepsOf(standard, table, (value) => format.number(value, 3)).map(({ category, index, values }) => {
          const colour = air.isSafe.on.value ? category.safeColour : category.colour;
          return (
            <li key={category.id}>
              <span class="legend-range" style={{ background: colour, color: `#${inkOn(colour.slice(1))}` }}>
                {index === "" ? values : index}
              </span>
              <span>
                {name(category.name)}
                {index !== "" && <small>{values}</small>}
              </span>
            </li>
          );
        })}
      </ul>
      <p class="legend-note">{name(standard.note)}</p>
    </section>
  );
}

/** What colours, numbers, shapes, badges and edges mean. */
export function Legend({ air, views }: { readonly air: AirStore; readonly views: ViewStore }) {
  const { words } = useSpeech();
  return (
    <div class="legend">
      <Scale air={air} views={views} />
      <section>
        <h3>{words.map.stations}</h3>
        <ul class="signs">
          {shapes.map((shape) => (
            <li key={shape}>
              <MarkPicture
                look={{
                  ...PLAIN,
                  shape,
                  label: shape === "offline" ? "–" : shape === "never" ? "" : "42",
                  colour: "9cc3e6",
                }}
                sizePx={44}
              />
              <span>{words.air.shape[shape]}</span>
            </li>
          ))}
          <li>
            <MarkPicture look={{ ...PLAIN, colour: "9cc3e6", isDoubtful: true }} sizePx={44} />
            <span>{words.air.legendDoubtful}</span>
          </li>
          {badges.map((badge) => (
            <li key={badge}>
              <BadgePicture badge={badge} />
              <span>{words.air.badge[badge]}</span>
            </li>
          ))}
          <li>
            <MarkPicture look={{ ...PLAIN, colour: "9cc3e6" }} count={7} sizePx={44} />
            <span>{words.air.legendCluster}</span>
          </li>
          <li>
            <span class="wind-sign" aria-hidden="true">
              ➤
            </span>
            <span>{words.air.legendWind}</span>
          </li>
          <li>
            <MarkPicture look={{ ...PLAIN, isDemo: true }} sizePx={44} />
            <span>{words.map.legendDemo}</span>
          </li>
          <li>
            <MarkPicture look={{ ...PLAIN, isReplay: true }} sizePx={44} />
            <span>{words.map.legendReplay}</span>
          </li>
        </ul>
      </section>
      <section>
        <h3>{words.map.sites}</h3>
        <ul class="signs">
          {stateOrder.map((state) => (
            <li key={state}>
              <SiteSymbol state={state} size={26} />
              <span>{words.state[state]}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
