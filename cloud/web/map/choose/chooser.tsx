import { Pollutant } from "../../../air/pollutants.ts";
import { standards } from "../../../air/standards/all-standards.ts";
import { useSpeech } from "../../page/language.ts";
import type { Choice } from "../address/choice.ts";
import type { ViewStore } from "../address/view-store.ts";
import { type AirStore, chosenStandard } from "../station/air-store.ts";
import { sayPastAverage } from "../time/say-past.ts";
import { averagesOf, fitOf, keptAverage, ownAverage } from "./averages.ts";
import "./chooser.css";

interface ChooserProps {
  readonly air: AirStore;
  readonly views: ViewStore;
}

/** Substances that a station on the map measures; the chosen one always. */
function measured(air: AirStore, chosen: Pollutant): readonly Pollutant[] {
  const found = new Set<string>([chosen]);
  for (const { station } of air.seen.value.values())
    for (const one of Object.keys(station.properties.air)) found.add(one);
  const usual: readonly Pollutant[] = ["pm25", "pm10", ...Pollutant.options.filter((one) => !/^pm(25|10)$/.test(one))];
  return usual.filter((one) => found.has(one));
}

function Averages({ choice, onChoose }: { readonly choice: Choice; onChoose(choice: Choice): void }) {
  const { words } = useSpeech();
  const standard = chosenStandard(choice.standard);
  return (
    <fieldset class="averages">
      <legend>{words.air.over}</legend>
      <div class="choice">
        {averagesOf(choice.pollutant).map((average) => (
          <button
            type="button"
            key={average}
            data-average={average}
            data-fit={fitOf(standard, choice.pollutant, average)}
            aria-pressed={choice.average === average}
            title={words.air.averageLong[average]}
            onClick={() => onChoose({ ...choice, average })}
          >
            {words.air.average[average]}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

/** Says where the chosen standard only hints or is silent over the chosen time, and offers what it does judge. */
function FitNote({ choice, onChoose }: { readonly choice: Choice; onChoose(choice: Choice): void }) {
  const { words } = useSpeech();
  const standard = chosenStandard(choice.standard);
  const fit = fitOf(standard, choice.pollutant, choice.average);
  if (fit === "judged") return null;
  const own = ownAverage(standard, choice.pollutant);
  return (
    <div class="fit-note" data-fit={fit}>
      <p>
        {fit === "hint"
          ? words.air.indicative(words.air.average[choice.average])
          : standard.tables.some(({ pollutant }) => pollutant === choice.pollutant)
            ? words.air.why["wrong-averaging"]
            : words.air.why["unknown-pollutant"]}
      </p>
      {own !== null && (
        <button type="button" class="link" onClick={() => onChoose({ ...choice, average: own })}>
          {words.air.otherAverage(words.air.average[own])}
        </button>
      )}
    </div>
  );
}

/** The choice of standard, substance, time and colours. It works on what the page has: nothing is asked of the server. */
export function Chooser({ air, views }: ChooserProps) {
  const { words, name } = useSpeech();
  const choice = views.choice.value;
  const standard = chosenStandard(choice.standard);
  const choose = (next: Choice) => views.show({ choice: next });
  return (
    <div class="chooser">
      <div class="chooser-row">
        <label class="choose">
          <span>{words.air.substance}</span>
          <select
            name="pollutant"
            value={choice.pollutant}
            onChange={(event) => {
              const pollutant = Pollutant.parse(event.currentTarget.value);
              choose({ ...choice, pollutant, average: keptAverage(standard, pollutant, choice.average) });
            }}
          >
            {measured(air, choice.pollutant).map((one) => (
              <option key={one} value={one}>
                {words.air.pollutant[one]}, {words.air.pollutantLong[one]}
              </option>
            ))}
          </select>
        </label>
        <label class="choose">
          <span>{words.air.standard}</span>
          <select
            name="standard"
            value={standard.id}
            onChange={(event) => {
              const next = chosenStandard(event.currentTarget.value);
              const average = keptAverage(next, choice.pollutant, choice.average);
              choose({ ...choice, standard: next.id, average });
            }}
          >
            {standards.map((one) => (
              <option key={one.id} value={one.id}>
                {name(one.name)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Averages choice={choice} onChoose={choose} />
      {views.atMs.value === null ? (
        <FitNote choice={choice} onChoose={choose} />
      ) : (
        <p class="fit-note">{sayPastAverage(words.air, choice.average)}</p>
      )}
      <label class="palette">
        <input
          type="checkbox"
          name="safe-colours"
          checked={air.isSafe.on.value}
          onChange={(event) => air.isSafe.set(event.currentTarget.checked)}
        />
        <span>
          {words.air.palette} {words.air.paletteSafe}
        </span>
      </label>
    </div>
  );
}
