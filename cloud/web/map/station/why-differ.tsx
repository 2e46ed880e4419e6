import type { StationFeature } from "../../../http/schemas.ts";
import { useSpeech } from "../../page/language.ts";
import type { ViewStore } from "../address/view-store.ts";
import { sayValue } from "../card/say-value.ts";
import { averagesOf, fitOf } from "../choose/averages.ts";
import { MarkPicture } from "../marks/mark-picture.tsx";
import { pastAverage } from "../time/past.ts";
import { type Lens, viewAir } from "./air-view.ts";

interface WhyDifferProps {
  readonly station: StationFeature;
  readonly lens: Lens;
  readonly views: ViewStore;
}

/** The same air over each time, what each is for, and which of them the standard judges by. */
export function WhyDiffer({ station, lens, views }: WhyDifferProps) {
  const speech = useSpeech();
  const { words, format } = speech;
  const { choice, standard } = lens;
  const isPast = views.atMs.value !== null;
  return (
    <details class="why-differ">
      <summary>{words.air.whyDiffer}</summary>
      <p class="honest">{words.air.whyDifferLong}</p>
      <ul>
        {averagesOf(choice.pollutant).map((average) => {
          const view = viewAir(station, lens, average);
          const fit = fitOf(standard, choice.pollutant, average);
          return (
            <li key={average} data-average={average} data-chosen={choice.average === average}>
              <MarkPicture look={view.look} sizePx={46} />
              <div>
                <p>
                  <button
                    type="button"
                    class="link"
                    aria-pressed={choice.average === average}
                    onClick={() => views.show({ choice: { ...choice, average } })}
                  >
                    {words.air.average[average]}
                  </button>
                  : <strong>{sayValue(speech, view.air?.value ?? null, choice.pollutant)}</strong>
                  {view.air?.coverage !== null && view.air?.coverage !== undefined && (
                    <small> {words.air.coverageOf(format.percent(view.air.coverage))}</small>
                  )}
                </p>
                <p class="average-what">
                  {words.air.averageLong[average]}
                  {fit === "judged" && <em> · {words.air.best}</em>}
                </p>
                <p class="average-use">
                  {isPast && pastAverage(average) !== average
                    ? words.air.notKept
                    : view.judgement === null && view.why !== null
                      ? words.air.why[view.why]
                      : words.air.averageUse[average]}
                </p>
              </div>
            </li>
          );
        })}
      </ul>
    </details>
  );
}
