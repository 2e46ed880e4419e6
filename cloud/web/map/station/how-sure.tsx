import type { AirValue, StationFeature } from "../../../http/schemas.ts";
import { unitName } from "../../page/field.ts";
import { useSpeech } from "../../page/language.ts";
import { sayOf } from "../../page/words/say.ts";
import type { Choice } from "../address/choice.ts";
import { unitOfPollutant } from "../card/say-value.ts";
import { BadgePicture } from "../marks/mark-picture.tsx";
import { badgeOf } from "./reasons.ts";
import { type Correction, correctionOf, surenessOf } from "./sureness.ts";
import type { FormulaNames } from "./whole-station.ts";

interface HowSureProps {
  readonly air: AirValue;
  readonly choice: Choice;
  readonly sensors: StationFeature["properties"]["sensors"];
  readonly formulas: FormulaNames;
}

function Formulas({ correction, names }: { readonly correction: Correction; readonly names: FormulaNames }) {
  const { words, name } = useSpeech();
  const { used, none } = correction;
  if (used.length === 0 && none.length === 0) return <>{words.air.notCorrected}</>;
  return (
    <>
      {used.map(({ id, version }) => (
        <div key={id}>
          {names[id] === undefined ? id : name(names[id])} <small>v{version}</small>
        </div>
      ))}
      {none.map((why) => (
        <div key={why}>{sayOf(words.air.formulaNone, why)}</div>
      ))}
    </>
  );
}

/** One tap: how sure the value is, raw beside corrected, by which formula, from which sensor, and each doubt in words. */
export function HowSure({ air, choice, sensors, formulas }: HowSureProps) {
  const { words, format } = useSpeech();
  const sureness = surenessOf(air);
  const unit = unitName(words, unitOfPollutant(choice.pollutant));
  const said = (value: number | null | undefined) =>
    value === null || value === undefined ? "–" : `${format.number(value, 2)} ${unit}`;
  const correction = correctionOf(air.correction);
  const models = [...new Set(sensors.flatMap(({ model, sensor }) => model ?? sensor))];
  return (
    <details class="how-sure" data-sureness={sureness}>
      <summary>
        <span>{words.air.sureTitle}</span>
        <span class="sureness">
          <span class="sure-bar" aria-hidden="true" style={{ "--share": air.confidence }} />
          {words.air.sure[sureness]}, {format.percent(air.confidence)}
        </span>
      </summary>
      <dl class="facts">
        {air.raw !== undefined && (
          <div>
            <dt>{words.air.raw}</dt>
            <dd>{said(air.raw)}</dd>
          </div>
        )}
        {correction.used.length > 0 && (
          <div>
            <dt>{words.air.corrected}</dt>
            <dd>{said(air.value)}</dd>
          </div>
        )}
        {air.correction !== undefined && (
          <div>
            <dt>{words.air.formula}</dt>
            <dd>
              <Formulas correction={correction} names={formulas} />
            </dd>
          </div>
        )}
        {air.coverage !== null && (
          <div>
            <dt>{words.air.coverage}</dt>
            <dd>{words.air.coverageOf(format.percent(air.coverage))}</dd>
          </div>
        )}
        <div>
          <dt>{words.air.sensorModel}</dt>
          <dd>{models.join(", ") || "–"}</dd>
        </div>
        <div>
          <dt>{words.air.measuredAt}</dt>
          <dd>{format.fullMoment(air.at)}</dd>
        </div>
      </dl>
      {air.flags.length === 0 ? (
        <p class="no-reasons">{words.air.noReasons}</p>
      ) : (
        <>
          <h4>{words.air.reasons}</h4>
          <ul class="reasons">
            {air.flags.map((flag) => (
              <li key={flag} data-flag={flag}>
                <BadgePicture badge={badgeOf(flag)} />
                {sayOf(words.air.flag, flag)}
              </li>
            ))}
          </ul>
        </>
      )}
    </details>
  );
}
