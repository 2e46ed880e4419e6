import { type Pollutant, RAW_FIELDS } from "../../../air/pollutants.ts";
import type { StationFeature } from "../../../http/schemas.ts";
import { fieldDigits, fieldName, unitName } from "../../page/field.ts";
import { useSpeech } from "../../page/language.ts";
import { MarksInWords } from "../../page/marks.tsx";
import { sayTime } from "../../page/say-time.ts";
import type { ViewStore } from "../address/view-store.ts";
import { CalendarOfYear } from "../calendar/year-calendar.tsx";
import { AdviceByGroup } from "../card/advice.tsx";
import type { Home } from "../card/home.ts";
import { sayValue } from "../card/say-value.ts";
import { MarkPicture } from "../marks/mark-picture.tsx";
import { PrintButton, PrintHead } from "../print/print-head.tsx";
import { sayAir } from "../say-place.ts";
import { PastNote } from "../time/past-note.tsx";
import { type AirView, type Lens, viewAir } from "./air-view.ts";
import { EmbedSnippet } from "./embed-snippet.tsx";
import { HowSure } from "./how-sure.tsx";
import { StationChart } from "./station-chart.tsx";
import { useWholeStation } from "./whole-station.ts";
import { WhyDiffer } from "./why-differ.tsx";
import { sayWind } from "./wind.ts";
import "./station-panel.css";

/** The order in which fields are shown; those that are not named here follow. */
const FIELD_ORDER = ["pm25", "pm25_atm", "pm10", "pm10_atm", "pm1_atm", "temperature", "humidity", "pressure"];

function fieldsOf(station: StationFeature): string[] {
  const fields = Object.keys(station.properties.values);
  const known = FIELD_ORDER.filter((field) => fields.includes(field));
  return [...known, ...fields.filter((field) => !FIELD_ORDER.includes(field)).sort()];
}

function Headline({ view, lens, nowMs }: { view: AirView; lens: Lens; nowMs: number }) {
  const speech = useSpeech();
  const { words } = speech;
  const { choice } = lens;
  const { judgement } = view;
  return (
    <div class="headline" data-freshness={view.freshness}>
      <MarkPicture look={view.look} sizePx={92} />
      <div>
        <p class="headline-words">{sayAir(speech, view, nowMs)}</p>
        {view.air !== null && (
          <p>
            <strong>{sayValue(speech, view.air.value, choice.pollutant)}</strong>
          </p>
        )}
        <p class="honest">
          {words.air.averageLong[choice.average]}
          {judgement?.isIndicative === true && `. ${words.air.indicative(words.air.average[choice.average])}`}
          {judgement?.isAtLeast === true && ` ${words.air.atLeast}`}
        </p>
        {judgement === null && view.why !== null && <p class="honest">{words.air.why[view.why]}</p>}
      </div>
    </div>
  );
}

/** The sensors that measure a substance; all, as long as it is not known which. */
function sensorsOf({ properties: { values, sensors } }: StationFeature, pollutant: Pollutant) {
  const measuring = RAW_FIELDS[pollutant].flatMap((field) => values[field]?.sensor ?? []);
  return measuring.length === 0 ? sensors : sensors.filter(({ sensor }) => measuring.includes(sensor));
}

function Tiles({ station }: { readonly station: StationFeature }) {
  const { words, format } = useSpeech();
  const { values } = station.properties;
  const fields = fieldsOf(station);
  if (fields.length === 0) return null;
  return (
    <section>
      <h3>{words.air.otherValues}</h3>
      <ul class="tiles">
        {fields.map((one) => {
          const latest = values[one];
          return (
            latest !== undefined && (
              <li key={one} class="tile">
                <span>{fieldName(words, one)}</span>
                <strong>
                  {format.number(latest.value, fieldDigits(one))} <small>{unitName(words, latest.unit)}</small>
                </strong>
              </li>
            )
          );
        })}
      </ul>
    </section>
  );
}

function Actions({ station, views, home }: { station: StationFeature; views: ViewStore; home: Home }) {
  const { words } = useSpeech();
  const isHome = home.id.value === station.id;
  return (
    <div class="actions">
      <button type="button" class="button small" onClick={() => home.choose(isHome ? null : station.id)}>
        {isHome ? words.air.unsetHome : words.air.setHome}
      </button>
      <a class="button small" href={views.hrefOf({ kind: "compare", ids: [station.id] })}>
        {words.air.addToCompare}
      </a>
      <PrintButton />
    </div>
  );
}

function Facts({ station }: { readonly station: StationFeature }) {
  const speech = useSpeech();
  const { words } = speech;
  const { lastAt, values, wind, sensors } = station.properties;
  const lastErrorMs = Object.values(values).find(({ at }) => at === lastAt)?.timeErrorMs ?? null;
  return (
    <dl class="facts">
      {wind !== null && (
        <div>
          <dt>{words.air.wind}</dt>
          <dd>{sayWind(speech, wind)}</dd>
        </div>
      )}
      {lastAt !== null && (
        <div>
          <dt>{words.map.lastSeen}</dt>
          <dd>{sayTime(speech, lastAt, lastErrorMs)}</dd>
        </div>
      )}
      {sensors.length > 0 && (
        <div>
          <dt>{words.map.sensor}</dt>
          <dd>{sensors.map(({ sensor, model }) => (model === null ? sensor : `${sensor} (${model})`)).join(", ")}</dd>
        </div>
      )}
    </dl>
  );
}

interface StationPanelProps {
  readonly station: StationFeature;
  readonly lens: Lens;
  /** The end of the present minute. */
  readonly minuteMs: number;
  readonly views: ViewStore;
  readonly home: Home;
}

/** Everything known of one station: how bad it is, what to do, how sure that is, and how it came about. */
export function StationPanel({ station: known, lens, minuteMs, views, home }: StationPanelProps) {
  const { words } = useSpeech();
  const isPast = views.atMs.value !== null;
  const { station, formulas } = useWholeStation(known, isPast);
  const { demo, replay, lastAt } = station.properties;
  const view = viewAir(station, lens);
  const { nowMs } = lens.moment;
  return (
    <>
      <PrintHead lens={lens} />
      <PastNote views={views} />
      <Headline view={view} lens={lens} nowMs={nowMs} />
      <MarksInWords demo={demo ? words.marks.demoStation : null} replay={replay} />
      {lastAt === null && <p class="empty">{words.map.noDataLong}</p>}
      {view.judgement !== null && !isPast && <AdviceByGroup severity={view.judgement.category.severity} />}
      {view.air !== null && (
        <HowSure
          air={view.air}
          choice={lens.choice}
          sensors={sensorsOf(station, lens.choice.pollutant)}
          formulas={formulas}
        />
      )}
      {lastAt !== null && <WhyDiffer station={station} lens={lens} views={views} />}
      {lastAt !== null && <StationChart station={station} lens={lens} toMs={minuteMs} />}
      {lastAt !== null && <CalendarOfYear station={station.id} lens={lens} nowMs={minuteMs} />}
      {!isPast && <Tiles station={station} />}
      <Facts station={station} />
      <EmbedSnippet station={station} choice={lens.choice} />
      <Actions station={station} views={views} home={home} />
    </>
  );
}
