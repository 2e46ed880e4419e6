import { describe, expect, it } from "vitest";
import { fuzzGateway } from "../../fuzz/fuzz.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const SECONDS = 2;
const SEED = 20_261_122;

describe("the gateway under bytes that nobody means well", () => {
  it.each(["closed", "open"] as const)(
    "neither ends nor is surprised nor grows, and serves others, in its %s mode",
    async (mode) => {
      const result = await fuzzGateway({ mode, seconds: SECONDS, seed: SEED, folder: await tempFolder() });

      expect(result.violations).toEqual([]);
      expect(result.inputs).toBeGreaterThan(20);
      expect(result.bystander.rounds).toBeGreaterThan(1);
    },
  );
});
