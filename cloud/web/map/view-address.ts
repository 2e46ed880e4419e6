/** What is open on the page; it stands in the address after `#`, so that it can be shared and "back" works. */
export type View =
  | { readonly kind: "map" }
  | { readonly kind: "list" }
  | { readonly kind: "station"; readonly id: string }
  | { readonly kind: "site"; readonly id: string };

/** Reads the part of the address after `#`; whatever is not understood is the plain map. */
export function viewOf(hash: string): View {
  const [, kind, id] = /^#\/([a-z]+)(?:\/([a-z0-9-]{1,48}))?$/.exec(hash) ?? [];
  if (kind === "list") return { kind };
  if ((kind === "station" || kind === "site") && id !== undefined) return { kind, id };
  return { kind: "map" };
}

/** Writes a view as the part of the address after `#`. */
export function hashOf(view: View): string {
  switch (view.kind) {
    case "map":
      return "#/";
    case "list":
      return "#/list";
    case "station":
    case "site":
      return `#/${view.kind}/${view.id}`;
    default:
      return view satisfies never;
  }
}
