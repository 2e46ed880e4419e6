import type { SiteMapState } from "../../http/schemas.ts";
import { siteDrawing } from "./site-drawing.ts";
import { statePaint } from "./site-state.ts";

/** A square with the state's colour and symbol; words must stand beside it or in the name of what it is in. */
export function SiteSymbol({ state, size }: { readonly state: SiteMapState; readonly size?: number | undefined }) {
  const { colour, ink } = statePaint[state];
  return (
    <span
      class="site-symbol"
      data-state={state}
      style={{ background: colour, color: ink, ...(size === undefined ? {} : { "--size": `${size}px` }) }}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        {siteDrawing[state].map(({ as, d }) => (
          <path key={d} d={d} class={as} />
        ))}
      </svg>
    </span>
  );
}
