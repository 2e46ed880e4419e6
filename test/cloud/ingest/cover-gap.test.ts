import { describe, expect, it } from "vitest";
import type { Gap } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { createLogger } from "#kit/logger.ts";
import { type GapRefusal, replayGaps } from "../../../cloud/ingest/cover-gap.ts";
import { gatewaysOf } from "../../../cloud/ingest/gateways.ts";
import { createPairMemory } from "../../../cloud/ingest/pair-memory.ts";
import { tellRefusedGaps } from "../../../cloud/ingest/refused-gaps.ts";
import { storeMessages } from "../../../cloud/ingest/store-messages.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { logRangesOf } from "../../../cloud/store/state/log-book.ts";
import { aGap, aHealth, aRegistry, letterOf, NOON, TRUCK } from "../../support/builders.ts";
import { openStateFiles } from "../../support/state-files.ts";

const LISTED = "gateway=*,village-3=chel+kirov,far=kirov,elsewhere=chel";
const DAY_MS = 86_400_000;
const NOTHING = { received: [], lost: [] };
const COVERED = { received: [[1, 8]], lost: [[1, 8]] };

const gatewayNamed = (device: string): Address => ({ tenant: "dv", device });
const aboutTruck = (change: Partial<Gap> = {}) =>
  aGap({ lostTenant: TRUCK.tenant, lostDevice: TRUCK.device, log: "log-own", ranges: [[1, 8]], ...change });

async function openCity(listed = LISTED) {
  const { state, shelf, view } = await openStateFiles();
  const registry = indexRegistry(aRegistry());
  const refusals: GapRefusal[] = [];
  const storesWith = (text: string, nowMs = NOON) => ({
    state,
    shelf,
    registry: () => registry,
    nowMs: () => nowMs,
    onInternal: () => {},
    pairs: createPairMemory(),
    gateways: gatewaysOf(text),
    onRefusedGap: (refusal: GapRefusal) => void refusals.push(refusal),
  });
  const stores = storesWith(listed);
  return {
    storesWith,
    refusals,
    hear: (from: Address, ...gaps: readonly Gap[]) =>
      storeMessages(
        gaps.map((gap) => letterOf(gap, from)),
        stores,
      ),
    know: (from: Address) => storeMessages([letterOf(aHealth({ log: "log-truck", seq: 20 }), from)], stores),
    ranges: (of: Address = TRUCK) => state.read((sql) => logRangesOf(sql, { ...of, log: "log-truck" })),
    counts: () => view.counts(),
  };
}

describe("what a gateway says is lost", () => {
  it.each(["gateway", "village-3"])("is covered where %s speaks for the tenant", async (name) => {
    const { hear, ranges, refusals } = await openCity();

    hear(gatewayNamed(name), aboutTruck());

    expect(ranges()).toEqual(COVERED);
    expect(refusals).toEqual([]);
  });

  it.each([
    ["elsewhere", "unlisted-tenant"],
    ["stranger", "unlisted-gateway"],
  ])("is not covered where %s does not, but kept, counted, and told", async (name, reason) => {
    const { hear, ranges, counts, refusals } = await openCity();

    hear(gatewayNamed(name), aboutTruck());
    hear(gatewayNamed(name), aboutTruck());

    expect(ranges()).toEqual(NOTHING);
    expect(counts()).toMatchObject({ gaps: 1, [`gaps-refused ${reason}`]: 1, messages: 1 });
    expect(refusals).toEqual([{ reason, speaker: gatewayNamed(name), tenant: TRUCK.tenant }]);
  });

  it("is not covered without the device's name, though the city knows whose log it is", async () => {
    const { hear, know, ranges, counts } = await openCity();
    know(TRUCK);

    hear(gatewayNamed("gateway"), aGap({ log: "log-own", lostLog: "log-truck", ranges: [[1, 8]] }));

    expect(ranges()).toEqual({ received: [[20, 20]], lost: [] });
    expect(counts()).toMatchObject({ "gaps-refused nobody-named": 1 });
  });

  it("is covered for its own log by any gateway, and by no other than one for all tenants", async () => {
    const { hear, ranges } = await openCity();
    const stranger = gatewayNamed("stranger");
    const ofStranger = aboutTruck({ lostTenant: "dv", lostDevice: "stranger" });

    hear(gatewayNamed("village-3"), ofStranger);
    expect(ranges(stranger)).toEqual(NOTHING);
    hear(stranger, ofStranger);
    expect(ranges(stranger)).toEqual(COVERED);
  });

  it("of another device is not covered where a device says it, and alarms nobody", async () => {
    const { hear, ranges, counts, refusals } = await openCity();

    hear({ ...TRUCK, device: "truck-0002" }, aboutTruck());

    expect(ranges()).toEqual(NOTHING);
    expect(counts()).toMatchObject({ gaps: 1, "gaps-refused not-its-own": 1 });
    expect(refusals).toEqual([]);
  });
});

describe("a gap that one gateway says anew for another", () => {
  it.each([
    [["far"], true],
    [["far", "village-3"], true],
    [["elsewhere"], false],
    [["far", "elsewhere"], false],
    [["elsewhere", "far"], false],
    [["stranger"], false],
  ])("by %j is covered: %s, since each of them must have been allowed to", async (saidBy, isCovered) => {
    const { hear, ranges, refusals } = await openCity();

    hear(gatewayNamed("gateway"), aboutTruck({ saidBy }));

    expect(ranges()).toEqual(isCovered ? COVERED : NOTHING);
    expect(refusals).toHaveLength(isCovered ? 0 : 1);
  });

  it("is not covered where the one that says it anew may not, whoever it names", async () => {
    const { hear, ranges } = await openCity();

    hear(gatewayNamed("elsewhere"), aboutTruck({ saidBy: ["far"] }));

    expect(ranges()).toEqual(NOTHING);
  });
});

describe("an honest gateway that nobody listed", () => {
  it("is heard after a start with the right list, once and for all", async () => {
    const { hear, ranges, storesWith, refusals } = await openCity();
    hear(
      gatewayNamed("new"),
      ...Array.from({ length: 450 }, (_, i) => aboutTruck({ seq: i + 1, ranges: [[i + 1, i + 1]] })),
    );
    expect(ranges()).toEqual(NOTHING);

    replayGaps(storesWith(`${LISTED},new=kirov`));
    expect(ranges()).toEqual({ received: [[1, 450]], lost: [[1, 450]] });

    refusals.length = 0;
    replayGaps(storesWith(LISTED));
    expect(refusals).toEqual([]);
  });

  it("is told again after each start, for a week", async () => {
    const { hear, ranges, storesWith, refusals } = await openCity();
    hear(gatewayNamed("new"), aboutTruck());

    replayGaps(storesWith(LISTED, NOON + 6.9 * DAY_MS));
    expect(refusals).toHaveLength(2);
    replayGaps(storesWith(LISTED, NOON + 7.1 * DAY_MS));

    expect(refusals).toHaveLength(2);
    expect(ranges()).toEqual(NOTHING);
  });

  it("stands in the health line with what to set, once", () => {
    const told: (string | null)[] = [];
    const tell = tellRefusedGaps({ trouble: (_, words) => void told.push(words) }, createLogger("test", "silent"));
    const unlisted: GapRefusal = { reason: "unlisted-gateway", speaker: gatewayNamed("new"), tenant: "kirov" };

    tell(unlisted);
    tell(unlisted);
    tell({ ...unlisted, reason: "unlisted-tenant", tenant: "chel" });

    expect(told).toHaveLength(2);
    expect(told[0]).toContain("add new=kirov in GATEWAYS");
    expect(told[1]).toContain("add chel to new in GATEWAYS");
  });
});
