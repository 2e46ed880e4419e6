import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SUPPORTED, type Support, supportOf } from "../../../edge/sensors/supported.ts";
import { PLANTOWER_MODELS } from "../../../firmware-config/settings/plantower-models.ts";

const UNKNOWN = "not at hand";

/** The line of the README that a model has. */
function rowOf(support: Support): string {
  const { name, model, by, fields, range, accuracy, warmUpMs, leastC, mostC, lifeHours, life, source } = support;
  const limits = leastC === undefined && mostC === undefined ? UNKNOWN : `${leastC ?? "?"} … ${mostC ?? "?"} °C`;
  const cells = [
    `${name} (\`${model}\`)`,
    by,
    fields.join(", "),
    range ?? UNKNOWN,
    accuracy ?? UNKNOWN,
    warmUpMs === undefined ? UNKNOWN : `${warmUpMs / 1000} s`,
    limits,
    life ?? (lifeHours === undefined ? UNKNOWN : `${lifeHours} h of the laser`),
    source,
  ];
  return `| ${cells.join(" | ")} |`;
}

describe("SUPPORTED", () => {
  it("is the table of the README, word by word", () => {
    const readme = readFileSync(new URL("../../../edge/sensors/README.md", import.meta.url), "utf8");

    expect(readme).toContain(SUPPORTED.map(rowOf).join("\n"));
  });

  it("has every model of Plantower that a setting may name, and a source for each", () => {
    expect(PLANTOWER_MODELS.map((model) => supportOf(model)?.model)).toEqual(PLANTOWER_MODELS);
    expect(SUPPORTED.every(({ source, fields }) => source.length > 0 && fields.length > 0)).toBe(true);
  });
});
