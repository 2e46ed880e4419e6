import type { Signal } from "@preact/signals";
import { useSpeech } from "../../page/language.ts";
import type { ChartRange } from "./chart-data.ts";

const ranges = ["hour", "day", "week", "month"] as const satisfies readonly ChartRange[];

/** The choice of a chart's period. */
export function RangeChoice({ range }: { readonly range: Signal<ChartRange> }) {
  const { words } = useSpeech();
  return (
    <fieldset class="choice" aria-label={words.map.range}>
      {ranges.map((one) => (
        <button
          type="button"
          key={one}
          aria-pressed={range.value === one}
          onClick={() => {
            range.value = one;
          }}
        >
          {words.map.ranges[one]}
        </button>
      ))}
    </fieldset>
  );
}
