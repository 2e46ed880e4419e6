import { useSignal } from "@preact/signals";
import { locales } from "../../page/format.ts";
import { useSpeech } from "../../page/language.ts";
import type { ViewStore } from "../address/view-store.ts";
import type { MapStore } from "../map-store.ts";
import { midnights, momentAt, positionOf, STEPS } from "./past.ts";
import { sayPastAverage } from "./say-past.ts";
import "./time-bar.css";

/** The slider over the last 48 hours; arrows step by 20 minutes, and what is past is said in words and colour. */
export function TimeBar({ store, views }: { readonly store: MapStore; readonly views: ViewStore }) {
  const { words, format, language } = useSpeech();
  const isOpen = useSignal(views.atMs.peek() !== null);
  const nowMs = store.nowMs.value;
  const atMs = views.atMs.value;
  const position = positionOf(atMs, nowMs);
  const show = (next: number) => views.show({ atMs: momentAt(Math.min(STEPS, Math.max(0, next)), nowMs) });
  const said = atMs === null ? words.air.sliderNow : format.fullMoment(atMs);
  if (!isOpen.value && atMs === null) {
    return (
      <button
        type="button"
        class="button time-open"
        onClick={() => {
          isOpen.value = true;
        }}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="8.5" />
          <path d="M12 7v5l3.5 2" />
        </svg>
        {words.air.openSlider}
      </button>
    );
  }
  const zoneOffsetMs = -new Date(nowMs).getTimezoneOffset() * 60_000;
  const day = new Intl.DateTimeFormat(locales[language], { weekday: "short", day: "numeric" });
  return (
    <section class="time-bar" data-past={atMs !== null} aria-label={words.air.openSlider}>
      <p class="time-said" role="status">
        {atMs === null ? words.air.sliderNow : words.air.pastShown(said)}
        {atMs !== null && <span>, {sayPastAverage(words.air, views.choice.value.average)}</span>}
        {atMs !== null && <span>. {words.air.pastSites}</span>}
        {store.past.value === "loading" && <span> {words.air.pastLoading}</span>}
        {store.past.value === "unavailable" && <strong> {words.air.pastUnavailable}</strong>}
      </p>
      <div class="time-row">
        <button
          type="button"
          aria-label={words.air.earlier}
          title={words.air.earlier}
          onClick={() => show(position - 1)}
        >
          <span aria-hidden="true">‹</span>
        </button>
        <div class="time-track">
          <input
            type="range"
            name="moment"
            min={0}
            max={STEPS}
            step={1}
            value={position}
            aria-label={words.air.slider}
            aria-valuetext={said}
            onInput={(event) => show(event.currentTarget.valueAsNumber)}
          />
          <div class="time-days" aria-hidden="true">
            {midnights(nowMs, zoneOffsetMs).map(({ atMs: midnight, share }) => (
              <span key={midnight} style={{ left: `${share * 100}%` }}>
                {day.format(midnight)}
              </span>
            ))}
          </div>
        </div>
        <button
          type="button"
          aria-label={words.air.later}
          title={words.air.later}
          disabled={atMs === null}
          onClick={() => show(position + 1)}
        >
          <span aria-hidden="true">›</span>
        </button>
        <button
          type="button"
          class="time-now"
          onClick={() => {
            views.show({ atMs: null });
            isOpen.value = false;
          }}
        >
          {words.air.backToNow}
        </button>
      </div>
    </section>
  );
}
