import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeSettings } from "../../../firmware-config/settings/describe-settings.ts";
import { EdgeConfig } from "../../../firmware-config/settings/edge-settings.ts";
import { GatewayConfig } from "../../../firmware-config/settings/gateway-settings.ts";
import { ROOT } from "../../support/program.ts";

describe("SETTINGS.md", () => {
  it("is what the schemas say; if not, run `npm run -s settings:docs`", async () => {
    expect(await readFile(join(ROOT, "firmware-config/SETTINGS.md"), "utf8")).toBe(describeSettings());
  });

  it("says of a setting its default, unit, range and how the cloud may change it", () => {
    expect(describeSettings()).toContain("| `60` | s, from 0.02 to 86400 | live, from 5 to 3600 |");
    expect(describeSettings()).toMatch(/\| `TENANT` \| .+ \| required \| {2}\| {2}\|/);
  });

  it.each([
    ["edge", EdgeConfig],
    ["gateway", GatewayConfig],
  ])("has a description for each setting of the %s", (_, schema) => {
    const silent = Object.entries(schema.shape).filter(([, field]) => !z.globalRegistry.get(field)?.description);

    expect(silent.map(([name]) => name)).toEqual([]);
  });
});
