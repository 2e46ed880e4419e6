import { describe, expect, it } from "vitest";
import { flagsOf, isFlag } from "../../../../cloud/air/quality/flags.ts";
import { fieldsOf, type Judgement, judgementOf } from "../../../../cloud/air/quality/judgement.ts";

const judgement: Judgement = {
  corrected: 12.5,
  correction: "epa-2023@1",
  flags: ["humid", "device:warming-up"],
  confidence: 0.4,
  unchecked: ["memory"],
};

describe("a judgement", () => {
  it("comes back from the fields of its point as it was", () => {
    expect(judgementOf({ pm25_atm: 20, device: "post-1", ...fieldsOf(judgement) })).toEqual(judgement);
  });

  it("is not there for a point from before there was one", () => {
    expect(judgementOf({ pm25: 20, device: "post-1" })).toBeUndefined();
  });

  it("leaves a corrected value of an earlier writing aside where no formula is named any more", () => {
    const fields = {
      ...fieldsOf(judgement),
      ...fieldsOf({ ...judgement, corrected: null, correction: "none:no-humidity" }),
    };

    expect(judgementOf(fields)).toMatchObject({ corrected: null, correction: "none:no-humidity" });
  });

  it("knows its own words and those of a device, and no others", () => {
    expect(isFlag("spike")).toBe(true);
    expect(isFlag("device:out-of-spec-temperature")).toBe(true);
    expect(isFlag("device:")).toBe(false);
    expect(flagsOf("spike,unheard,,device:stuck")).toEqual(["spike", "device:stuck"]);
  });
});
