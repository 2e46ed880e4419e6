import type { Judged } from "../judged.ts";

/** A part of the photos that gets a line of its own. */
export interface Part {
  readonly name: string;
  readonly kind: "all" | "set" | "source" | "source-of-set";
  readonly judged: readonly Judged[];
}

/** All photos, then each set, then each source (within its set where there are sets). */
export function partsOf(judged: readonly Judged[]): readonly Part[] {
  const sets = Map.groupBy(judged, ({ photo }) => photo.set);
  const whole: Part = { name: "all", kind: "all", judged };
  if (sets.has("")) return [whole, ...sourcesOf(judged, "", "source")];
  const parts = [...sets].flatMap(([set, photos]): Part[] => [
    { name: `${set}/`, kind: "set", judged: photos },
    ...sourcesOf(photos, `${set}/ `, "source-of-set"),
  ]);
  return sets.size > 1 ? [whole, ...parts] : parts;
}

function sourcesOf(judged: readonly Judged[], prefix: string, kind: Part["kind"]): readonly Part[] {
  const sources = Map.groupBy(judged, ({ photo }) => photo.source);
  return [...sources].map(([source, photos]) => ({ name: `${prefix}${source}`, kind, judged: photos }));
}
