import { cellsOf, type HeatView, strengthOf, warmestPart } from "./heat.ts";
import { useSpeech } from "./language.ts";
import type { Words } from "./words.ts";

/** What a heat map says, in a sentence. */
export function sayHeat(heat: HeatView, { heat: words }: Words): string {
  const part = warmestPart(heat);
  return part === null ? words.nothing : words.most(words.part[part]);
}

interface PhotoHeatProps {
  readonly heat: HeatView;
  /** Of the photo itself, in pixels: the cells lie where the picture does, however it is fitted into its frame. */
  readonly size: { readonly width: number; readonly height: number };
  readonly fit: "cover" | "contain";
}

/** The model's map over a photo; its words are said beside it, and in its name for those who do not see it. */
export function PhotoHeat({ heat, size, fit }: PhotoHeatProps) {
  const { words } = useSpeech();
  const cells = cellsOf(heat);
  if (cells === undefined) return null;
  const width = size.width / heat.w;
  const height = size.height / heat.h;
  return (
    <svg
      class="photo-heat"
      role="img"
      aria-label={sayHeat(heat, words)}
      viewBox={`0 0 ${size.width} ${size.height}`}
      preserveAspectRatio={fit === "cover" ? "xMidYMid slice" : "xMidYMid meet"}
    >
      {cells.map((cell, index) => {
        const strength = strengthOf(cell);
        if (strength === 0) return null;
        const x = (index % heat.w) * width;
        const y = Math.floor(index / heat.w) * height;
        return <rect key={index} x={x} y={y} width={width} height={height} fill-opacity={0.15 + 0.55 * strength} />;
      })}
    </svg>
  );
}

/** The button that lays the map over a photo, and what it says once it lies there. */
export function HeatToggle(props: { readonly heat: HeatView; readonly isOn: boolean; onToggle(): void }) {
  const { words } = useSpeech();
  return (
    <div class="heat-words">
      <button type="button" class="button heat-toggle" aria-pressed={props.isOn} onClick={props.onToggle}>
        {words.heat.toggle}
      </button>
      <p role="status">{props.isOn ? `${sayHeat(props.heat, words)} ${words.heat.legend}` : ""}</p>
    </div>
  );
}
