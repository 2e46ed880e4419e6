import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agrees, lineOf, runVector } from "./run-vectors.ts";
import { isConflict, type Vector, VectorFile } from "./vector-file.ts";

const file = new URL("../../../../shared/air/vectors.json", import.meta.url);
const isThere = existsSync(file);
if (!isThere) process.stdout.write("skipped: the published vectors (../shared/air/vectors.json is not there)\n");

describe.skipIf(!isThere)("the published vectors of the air", () => {
  const vectors = isThere ? VectorFile.parse(JSON.parse(readFileSync(file, "utf8"))).vectors : [];

  it("all agree with ours, but those that contradict the standard in force, which all differ", () => {
    const failures = vectors.map(runVector).filter(({ isGood }) => !isGood);

    expect(failures.map(lineOf)).toEqual([]);
    expect(vectors.length).toBeGreaterThan(150);
    expect(vectors.some(isConflict)).toBe(true);
  });
});

describe("a run of vectors", () => {
  const vector = (change: Partial<Vector>): Vector => ({
    id: "made-up",
    group: "us_epa_aqi_2024",
    input: { pollutant: "pm25", ugm3: 9.1 },
    expect: 51,
    status: "published_test",
    ...change,
  });

  it("fails on a wrong number, an unknown group and an input that cannot be read", () => {
    expect(runVector(vector({})).isGood).toBe(true);
    expect(runVector(vector({ expect: 50 })).isGood).toBe(false);
    expect(runVector(vector({ expect: null })).isGood).toBe(false);
    expect(runVector(vector({ group: "phase of the moon" })).isGood).toBe(false);
    expect(runVector(vector({ group: "bosch_compensation" })).isGood).toBe(false);
  });

  it("wants a vector in conflict with the standard to differ from ours", () => {
    expect(runVector(vector({ status: "conflict_do_not_use", expect: 52 })).isGood).toBe(true);
    expect(runVector(vector({ status: "conflict_do_not_use", expect: 51 })).isGood).toBe(false);
  });

  it("does not take what was never computed for a difference", () => {
    const conflict = { status: "conflict_do_not_use", expect: 52 };

    expect(runVector(vector({ ...conflict, input: { pollutant: "pm25", ugm3: "much" } })).isGood).toBe(false);
    expect(runVector(vector({ ...conflict, input: {} })).isGood).toBe(false);
    expect(runVector(vector({ ...conflict, group: "bosch_compensation" })).isGood).toBe(false);
  });

  it("compares numbers to their printed decimals, and of an object what is wanted of it", () => {
    expect(agrees(1.4534, 1.45)).toBe(true);
    expect(agrees(1.46, 1.45)).toBe(false);
    expect(agrees({ pm25: 1, more: 2 }, { pm25: 1 })).toBe(true);
    expect(agrees({ pm25: 1 }, { pm25: 2 })).toBe(false);
    expect(agrees("reject", "reject: checksum 208 != 212")).toBe(true);
    expect(agrees({ pm25: 0 }, "reject: empty")).toBe(false);
    expect(agrees([0, 1], [0, 1, 0])).toBe(false);
  });
});
