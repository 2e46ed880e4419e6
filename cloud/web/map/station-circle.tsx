import { categoryPaint } from "./air-scale.ts";
import type { StationView } from "./station-view.ts";

/** The circle of a station: the category's colour with the number on it, grey when there is no fresh value. */
export function StationCircle(props: { readonly view: StationView; readonly demo: boolean; readonly replay: boolean }) {
  const { freshness, category, label } = props.view;
  const paint = category === null ? undefined : categoryPaint[category];
  // A white dashed edge inside a white ring would look torn: dark circles get a ring of their own colour.
  const ring = paint?.ink === "#ffffff" ? { "--ring": paint.colour } : {};
  return (
    <span
      class="station-circle"
      data-freshness={freshness}
      data-category={category ?? "none"}
      data-demo={props.demo}
      data-replay={props.replay}
      style={paint === undefined ? {} : { background: paint.colour, color: paint.ink, ...ring }}
    >
      {label}
    </span>
  );
}
