import type { SiteMapState } from "../../http/schemas.ts";
import { statePaint } from "./site-state.ts";

const bin = "M6.5 9h11l-.9 10.2a1 1 0 0 1-1 .8H8.4a1 1 0 0 1-1-.8L6.5 9Z";

/** The drawing of each state inside a 24 × 24 square: a symbol of its own, so that colour never stands alone. */
const drawing = {
  clean: <path d="m5.5 12.5 4.3 4.3 8.7-9.3" class="stroke" />,
  overflow: (
    <>
      <path d={bin} class="fill" />
      <path d="M7 6.5 9.5 3l2.5 3 2.8-3.4L17 6.5" class="stroke" />
    </>
  ),
  scattered: (
    <>
      <path d="M9 5h6l-.6 7.5H9.6L9 5Z" class="fill" />
      <path d="M3.5 18.5h3M9 20h3.5M15 17.5h2M19 20.5h2M5.5 14.5h1.5M18 13.8h2" class="stroke" />
    </>
  ),
  not_a_site: (
    <>
      <circle cx="12" cy="12" r="7.5" class="line" />
      <path d="m7 17 10-10" class="stroke" />
    </>
  ),
  unusable: (
    <>
      <path d="M4 8h4l1.5-2h5L16 8h4v10H4V8Z" class="line" />
      <path d="M4 20.5 20 4.5" class="stroke" />
    </>
  ),
  unsure: (
    <>
      <path d="M8.3 9.2a3.8 3.8 0 1 1 5.6 3.3c-1.3.7-1.9 1.4-1.9 2.6" class="stroke" />
      <path d="M12 19v.2" class="stroke" />
    </>
  ),
  unknown: <path d={bin} class="line" />,
} as const;

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
        {drawing[state]}
      </svg>
    </span>
  );
}
