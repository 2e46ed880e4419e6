/** What is open on the page. */
export type View =
  | { readonly kind: "map" }
  | { readonly kind: "list" }
  | { readonly kind: "legend" }
  | { readonly kind: "station"; readonly id: string }
  | { readonly kind: "site"; readonly id: string }
  | { readonly kind: "compare"; readonly ids: readonly string[] };

/** More lines in one chart cannot be told apart. */
export const MAX_COMPARED = 4;

const PLACE = "[a-z0-9-]{1,48}";
const PATH = new RegExp(`^#/([a-z]+)(?:/(${PLACE}(?:,${PLACE}){0,${MAX_COMPARED - 1}}))?$`);

/** Reads the path of the address after `#`; whatever is not understood is the plain map. */
export function viewOf(path: string): View {
  const [, kind, ids] = PATH.exec(path) ?? [];
  if ((kind === "list" || kind === "legend") && ids === undefined) return { kind };
  if (ids === undefined) return { kind: "map" };
  const all = [...new Set(ids.split(","))];
  if (kind === "compare") return { kind, ids: all };
  const [id] = all;
  if ((kind === "station" || kind === "site") && id !== undefined && all.length === 1) return { kind, id };
  return { kind: "map" };
}

/** Writes a view as the path of the address after `#`. */
export function hashOf(view: View): string {
  switch (view.kind) {
    case "map":
      return "#/";
    case "list":
    case "legend":
      return `#/${view.kind}`;
    case "station":
    case "site":
      return `#/${view.kind}/${view.id}`;
    case "compare":
      return `#/compare/${view.ids.join(",")}`;
    default:
      return view satisfies never;
  }
}
