import { AqiCategory } from "../../http/schemas.ts";
import { useSpeech } from "../page/language.ts";
import { stateOrder } from "../page/site-state.ts";
import { SiteSymbol } from "../page/site-symbol.tsx";
import { categoryPaint, categoryRange } from "./air-scale.ts";
import { StationCircle } from "./station-circle.tsx";
import "./legend.css";

/** What colours, shapes and edges mean; folded to one button where it would lie over the places. */
export function Legend({ isOpen }: { readonly isOpen: boolean }) {
  const { words } = useSpeech();
  return (
    <details class="legend" open={isOpen}>
      <summary>{words.map.legend}</summary>
      <div class="legend-body">
        <section>
          <h2>
            {words.map.stations} <small>{words.map.now}</small>
          </h2>
          <ul>
            {AqiCategory.options.map((category) => (
              <li key={category}>
                <span
                  class="legend-range"
                  style={{ background: categoryPaint[category].colour, color: categoryPaint[category].ink }}
                >
                  {categoryRange[category]}
                </span>
                {words.category[category]}
              </li>
            ))}
            <li>
              <StationCircle
                view={{ freshness: "stale", atMs: 0, label: "–", category: null }}
                demo={false}
                replay={false}
              />
              {words.map.legendStale}
            </li>
            <li>
              <StationCircle
                view={{ freshness: "none", atMs: null, label: "–", category: null }}
                demo={false}
                replay={false}
              />
              {words.map.legendNoData}
            </li>
          </ul>
        </section>
        <section>
          <h2>{words.map.sites}</h2>
          <ul>
            {stateOrder.map((state) => (
              <li key={state}>
                <SiteSymbol state={state} size={22} />
                {words.state[state]}
              </li>
            ))}
          </ul>
        </section>
        <p class="legend-note">
          {words.map.legendDemo}; {words.map.legendReplay}. {words.map.nowLong}
        </p>
      </div>
    </details>
  );
}
