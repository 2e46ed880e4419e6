import { useSignal } from "@preact/signals";
import type { StationFeature } from "../../http/schemas.ts";
import { fieldDigits, fieldName, unitName } from "../page/field.ts";
import { useSpeech } from "../page/language.ts";
import { MarksInWords } from "../page/marks.tsx";
import { sayTime } from "../page/say-time.ts";
import { sayAir } from "./say-place.ts";
import { StationChart } from "./station-chart.tsx";
import { StationCircle } from "./station-circle.tsx";
import { type StationView, viewStation } from "./station-view.ts";

/** The order in which fields are shown; those that are not named here follow. */
const FIELD_ORDER = ["pm25", "pm25_atm", "pm10", "pm10_atm", "pm1_atm", "temperature", "humidity", "pressure"];

function fieldsOf(station: StationFeature): string[] {
  const fields = Object.keys(station.properties.values);
  const known = FIELD_ORDER.filter((field) => fields.includes(field));
  return [...known, ...fields.filter((field) => !FIELD_ORDER.includes(field)).sort()];
}

function Headline({ station, view, nowMs }: { station: StationFeature; view: StationView; nowMs: number }) {
  const speech = useSpeech();
  const { words, format } = speech;
  const { pm25, demo, replay } = station.properties;
  return (
    <div class="headline" data-freshness={view.freshness}>
      <StationCircle view={view} demo={demo} replay={replay !== null} />
      <div>
        <p class="headline-words">{sayAir(speech, view, nowMs)}</p>
        {pm25 !== null && (
          <p>
            {view.freshness === "fresh" ? "PM2.5" : words.map.lastValue}:{" "}
            <strong>
              {format.number(pm25)} {unitName(words, "µg/m³")}
            </strong>
          </p>
        )}
        {view.category !== null && <p class="honest">{words.map.now}</p>}
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
  const speech = useSpeech();
  const { words, format } = speech;
  const fields = fieldsOf(station);
  const chosen = useSignal("pm25");
  const field = fields.includes(chosen.value) ? chosen.value : fields[0];
  const view = viewStation(station, nowMs, staleAfterMs);
  const { lastAt, demo, replay, values } = station.properties;
  const lastErrorMs = Object.values(values).find(({ at }) => at === lastAt)?.timeErrorMs ?? null;
  const sensors = [...new Set(Object.values(values).map(({ sensor }) => sensor))];
  return (
    <>
      <Headline station={station} view={view} nowMs={nowMs} />
      <MarksInWords demo={demo ? words.marks.demoStation : null} replay={replay} />
      {field === undefined ? (
        <p class="empty">{words.map.noDataLong}</p>
      ) : (
        <>
          <h3>{view.freshness === "fresh" ? words.map.values : words.map.lastValues}</h3>
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
                      {format.number(latest.value, fieldDigits(one))} <small>{unitName(words, latest.unit)}</small>
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
            <dd>{sayTime(speech, lastAt, lastErrorMs)}</dd>
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
