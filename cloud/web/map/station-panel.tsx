import { useSignal } from "@preact/signals";
import type { StationFeature } from "../../http/schemas.ts";
import { fieldDigits, fieldName } from "../page/field.ts";
import { useSpeech } from "../page/language.ts";
import { Marks } from "../page/marks.tsx";
import { StationChart } from "./station-chart.tsx";
import { StationCircle } from "./station-circle.tsx";
import { type StationView, viewStation } from "./station-view.ts";

/** The order in which fields are shown; those that are not named here follow. */
const FIELD_ORDER = ["pm25", "pm10", "temperature", "humidity", "pressure"];

function fieldsOf(station: StationFeature): string[] {
  const fields = Object.keys(station.properties.values);
  const known = FIELD_ORDER.filter((field) => fields.includes(field));
  return [...known, ...fields.filter((field) => !FIELD_ORDER.includes(field)).sort()];
}

function Headline({ station, view, nowMs }: { station: StationFeature; view: StationView; nowMs: number }) {
  const { words, format } = useSpeech();
  const { pm25, category, lastAt, demo, replay } = station.properties;
  return (
    <div class="headline" data-freshness={view.freshness}>
      <StationCircle view={view} demo={demo} replay={replay !== null} />
      <div>
        {view.freshness === "none" || lastAt === null ? (
          <p class="headline-words">{words.map.noData}</p>
        ) : view.freshness === "stale" ? (
          <p class="headline-words">{words.map.staleSince(format.moment(lastAt, nowMs))}</p>
        ) : (
          <p class="headline-words">{category === null ? words.map.noPm25 : words.category[category]}</p>
        )}
        {pm25 !== null && (
          <p>
            PM2.5: <strong>{format.number(pm25)} µg/m³</strong>
          </p>
        )}
        {pm25 !== null && view.freshness === "fresh" && <p class="honest">{words.map.now}</p>}
      </div>
    </div>
  );
}

interface StationPanelProps {
  readonly station: StationFeature;
  readonly nowMs: number;
  readonly staleAfterMs: number;
}

/** Everything known of one station: the number in words, each value as a button that draws its chart, last seen. */
export function StationPanel({ station, nowMs, staleAfterMs }: StationPanelProps) {
  const { words, format } = useSpeech();
  const fields = fieldsOf(station);
  const chosen = useSignal("pm25");
  const field = fields.includes(chosen.value) ? chosen.value : fields[0];
  const view = viewStation(station, nowMs, staleAfterMs);
  const { lastAt, demo, replay, values } = station.properties;
  const sensors = [...new Set(Object.values(values).map(({ sensor }) => sensor))];
  return (
    <>
      <Headline station={station} view={view} nowMs={nowMs} />
      <Marks demo={demo} replay={replay} />
      {demo && <p class="honest">{words.marks.demoLong}</p>}
      {replay !== null && <p class="honest">{words.marks.replayLong(replay)}</p>}
      {field === undefined ? (
        <p class="empty">{words.map.noDataLong}</p>
      ) : (
        <>
          <h3>{words.map.values}</h3>
          <div class="tiles">
            {fields.map((one) => {
              const latest = values[one];
              return (
                latest !== undefined && (
                  <button
                    type="button"
                    key={one}
                    class="tile"
                    aria-pressed={one === field}
                    onClick={() => {
                      chosen.value = one;
                    }}
                  >
                    <span>{fieldName(words, one)}</span>
                    <strong>
                      {format.number(latest.value, fieldDigits(one))} <small>{latest.unit}</small>
                    </strong>
                  </button>
                )
              );
            })}
          </div>
          <StationChart station={station} field={field} nowMs={nowMs} />
        </>
      )}
      <dl class="facts">
        {lastAt !== null && (
          <div>
            <dt>{words.map.lastSeen}</dt>
            <dd>{format.fullMoment(lastAt)}</dd>
          </div>
        )}
        {sensors.length > 0 && (
          <div>
            <dt>{words.map.sensor}</dt>
            <dd>{sensors.join(", ")}</dd>
          </div>
        )}
      </dl>
      <p class="honest">{words.map.nowLong}</p>
    </>
  );
}
