import type { Badge } from "../marks/mark-look.ts";

/** Reasons that have a sign of their own; all others are "to be doubted". */
const badgeOfFlag: Readonly<Record<string, Badge>> = {
  "too-cold": "cold",
  "too-hot": "hot",
  humid: "humid",
  fog: "humid",
  replayed: "replayed",
  late: "replayed",
  "clock-unsure": "clock",
  "time-repaired": "clock",
};

/** Signs by weight: where several reasons hold, the first is drawn on the map and all are told in the panel. */
const byWeight = ["doubt", "cold", "hot", "humid", "replayed", "clock"] as const satisfies readonly Badge[];

/** The sign of one reason. */
export const badgeOf = (flag: string): Badge => badgeOfFlag[flag] ?? "doubt";

/** The one sign that a mark has room for; null without reasons. */
export function mainBadge(flags: readonly string[]): Badge | null {
  const found = new Set(flags.map(badgeOf));
  return byWeight.find((badge) => found.has(badge)) ?? null;
}
