import type { ModelManifest } from "../../../edge/classify/manifest.ts";
import { abstainCurve, operatingPoint, SHARES } from "../abstain.ts";
import { estimate, figure, table } from "./markdown.ts";
import type { Part } from "./parts.ts";

/** What the device says with its thresholds, and what other thresholds would give. */
export function abstainSection(parts: readonly Part[], { thresholds }: ModelManifest): string {
  const operating = parts.map(({ name, judged }) => {
    const point = operatingPoint(judged);
    return [
      name,
      estimate(point.answered),
      estimate(point.unsure),
      estimate(point.unusable),
      estimate(point.group),
      estimate(point.fourWay),
      estimate(point.missed),
      estimate(point.blamed),
    ];
  });
  const head = ["photos", "answered", "`unsure`", "`unusable`", "right: clean, dirty or no site", "right of four"];
  const sets = parts.filter(({ kind }) => kind === "all" || kind === "set");
  const names = sets.flatMap(({ name }) => [`${name} threshold`, `${name} clean, dirty or no site`, `${name} of four`]);
  const curves = sets.map(({ judged }) => abstainCurve(judged));
  const rows = SHARES.map((share, index) => [
    figure(share, 2),
    ...curves.flatMap((curve) => {
      const point = curve[index];
      return point === undefined ? [] : [figure(point.threshold), estimate(point.group), figure(point.fourWay.value)];
    }),
  ]);
  return `## What the device says: the abstain

With the shipped thresholds (\`${JSON.stringify(thresholds)}\`): "look at it" (\`unsure\`) where the
best of clean, dirty and no site is below its threshold. *Missed*: share of all dirty sites that are called clean. *Blamed*: share of all
clean sites that are called dirty.

${table([...head, "missed", "blamed"], operating)}

Share answered against accuracy, when the least sure are left to a person (photos that are not \`unusable\`):

${table(["share answered", ...names], rows)}`;
}
