import { z } from "zod";
import { Bilingual } from "#contract/registry.ts";
import text from "./advice.json" with { type: "json" };
import { Severity } from "./standard.ts";

/** Groups of people whom bad air meets differently. */
export const PeopleGroup = z.enum(["general", "children", "elderly", "asthma", "heart", "pregnant", "outdoor"]);
export type PeopleGroup = z.infer<typeof PeopleGroup>;

const AdviceFile = z.object({
  version: z.string(),
  source: Bilingual,
  groups: z.array(z.object({ id: PeopleGroup, name: Bilingual, isSensitive: z.boolean() })),
  levels: z.array(z.object({ severity: Severity, advice: z.partialRecord(PeopleGroup, Bilingual) })),
});

/** What to do, by severity and group of people, with its source. */
export const adviceFile = AdviceFile.parse(text);

/** What a group of people is told; a group without words of its own is told what all are. */
export function adviceFor(severity: number, group: PeopleGroup): Bilingual | null {
  const level = adviceFile.levels.find((one) => one.severity === severity);
  return level?.advice[group] ?? level?.advice.general ?? null;
}
