import type { ReadonlySignal } from "@preact/signals";
import { useSpeech } from "../../page/language.ts";
import type { ViewStore } from "../address/view-store.ts";
import { Chooser } from "../choose/chooser.tsx";
import type { Box } from "../geometry.ts";
import type { MapStore } from "../map-store.ts";
import { MarkPicture } from "../marks/mark-picture.tsx";
import { sayAir } from "../say-place.ts";
import { type AirStore, chosenStandard, type SeenStation } from "../station/air-store.ts";
import { AdviceShort } from "./advice.tsx";
import type { Home } from "./home.ts";
import { sayValue } from "./say-value.ts";
import { verdictOf } from "./verdict.ts";
import "./now-card.css";

interface NowCardProps {
  readonly store: MapStore;
  readonly air: AirStore;
  readonly views: ViewStore;
  readonly home: Home;
  /** What the map shows; null before it is drawn. */
  readonly box: ReadonlySignal<Box | null>;
}

interface AnswerProps {
  readonly seen: SeenStation;
  readonly title?: string;
  readonly nowMs: number;
  readonly views: ViewStore;
}

/** One station as the answer: how bad it is in words, and what to do. */
function Answer({ seen, title, nowMs, views }: AnswerProps) {
  const speech = useSpeech();
  const { station, view } = seen;
  return (
    <>
      <a class="answer" href={views.hrefOf({ kind: "station", id: station.id })}>
        <MarkPicture look={view.look} sizePx={84} />
        <span>
          {title !== undefined && <span class="card-note">{title}:</span>}
          <strong class="answer-words">{sayAir(speech, view, nowMs)}</strong>
          <span>{sayValue(speech, view.air?.value ?? null, views.choice.value.pollutant)}</span>
        </span>
      </a>
      {view.judgement !== null && views.atMs.value === null && (
        <AdviceShort severity={view.judgement.category.severity} />
      )}
    </>
  );
}

function HomeAnswer({ seen, home, nowMs, views }: { seen: SeenStation; home: Home; nowMs: number; views: ViewStore }) {
  const { words, format, name } = useSpeech();
  const { km } = home;
  return (
    <>
      <h2>
        {words.air.here}: {name(seen.station.properties.name)}
      </h2>
      {km.value !== null && (
        <p class="card-note">{words.air.nearest(`${format.number(km.value)} ${words.map.kilometres}`)}</p>
      )}
      <Answer seen={seen} nowMs={nowMs} views={views} />
    </>
  );
}

function TownAnswer({ store, air, views, box }: NowCardProps) {
  const speech = useSpeech();
  const { words, format, name } = speech;
  const { typical, worst, speaking, all } = verdictOf(air.seen.value.values(), box.value);
  const { nowMs } = air.lens.value.moment;
  return (
    <>
      <h2>
        {views.atMs.value === null ? words.air.inView : words.air.pastShown(format.fullMoment(nowMs))}
        {all > 0 && <small>{words.air.stationsOf(String(speaking), String(all))}</small>}
      </h2>
      {typical === null ? (
        <p class="card-note">
          {!store.isLoaded.value ? words.loading : speaking > 0 ? words.air.noValues : words.air.noLive}
        </p>
      ) : (
        <>
          <Answer
            seen={typical}
            title={typical === worst ? name(typical.station.properties.name) : words.air.most}
            nowMs={nowMs}
            views={views}
          />
          {worst !== null && worst !== typical && (
            <a class="worst" href={views.hrefOf({ kind: "station", id: worst.station.id })}>
              <MarkPicture look={worst.view.look} sizePx={40} />
              <span>
                {words.air.worstHere}: <strong>{sayAir(speech, worst.view, nowMs)}</strong>,{" "}
                {name(worst.station.properties.name)}
              </span>
            </a>
          )}
        </>
      )}
    </>
  );
}

function FindMe({ air, home }: Pick<NowCardProps, "air" | "home">) {
  const { words } = useSpeech();
  const isLooking = home.search.value === "looking";
  return (
    <button
      type="button"
      class="button small find-me"
      disabled={isLooking}
      onClick={() => home.find(() => air.seen.value.values())}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="4" />
        <path d="M12 2v5M12 17v5M2 12h5M17 12h5" />
      </svg>
      {isLooking ? words.air.findingMe : words.air.findMe}
    </button>
  );
}

/** The first thing that is read: how bad it is where one lives, and what to do; below it, how that is judged. */
export function NowCard(props: NowCardProps) {
  const { air, views, home } = props;
  const { words, name } = useSpeech();
  const { standard, pollutant, average } = air.lens.value.choice;
  const own = home.id.value === null ? undefined : air.seen.value.get(home.id.value);
  const shown = [words.air.pollutant[pollutant], name(chosenStandard(standard).shortName), words.air.average[average]];
  return (
    <section class="now-card" aria-label={words.air.here}>
      <div class="now-answer">
        {own === undefined && <FindMe air={air} home={home} />}
        {own !== undefined ? (
          <HomeAnswer seen={own} home={home} nowMs={air.lens.value.moment.nowMs} views={views} />
        ) : (
          <TownAnswer {...props} />
        )}
        {home.search.value === "failed" && (
          <p class="card-note" role="status">
            {words.air.noPlace}
          </p>
        )}
      </div>
      <details class="how-shown">
        <summary>
          <span class="how-shown-text">{shown.join(" · ")}</span>
          <span class="how-shown-change">{words.air.change}</span>
        </summary>
        <Chooser air={air} views={views} />
      </details>
    </section>
  );
}
