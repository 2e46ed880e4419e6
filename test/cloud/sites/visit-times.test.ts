import { describe, expect, it } from "vitest";
import { isVisitSignedBy } from "#contract/evidence.ts";
import { Visit } from "#contract/messages.ts";
import { createPairMemory } from "../../../cloud/ingest/pair-memory.ts";
import { type SiteStores, storeMessages } from "../../../cloud/ingest/store-messages.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { repairVisits } from "../../../cloud/sites/visit-book.ts";
import { hasDueVisits, keptVisit } from "../../../cloud/sites/visit-times.ts";
import { aHealth, aRegistry, aVisit, aVisitPhoto, letterOf, NOON, TRUCK, TRUCK_KEYS } from "../../support/builders.ts";
import { openStateFiles } from "../../support/state-files.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const UNKNOWN = { at: null, clock: "none" as const };
/** A visit of boot-1: the photo before was taken at its minute 1, the one after at its minute 5. */
const timelessVisit = (change: Partial<Visit> = {}) =>
  aVisit({
    ...UNKNOWN,
    up: 5 * MINUTE + 2_000,
    startedAt: null,
    endedAt: null,
    photos: [
      aVisitPhoto({ role: "before", takenAt: null, boot: "boot-1", up: MINUTE, sha: "b".repeat(64) }),
      aVisitPhoto({ takenAt: null, boot: "boot-1", up: 5 * MINUTE, state: "overflow" }),
    ],
    ...change,
  });
/** Says that boot-1 began at NOON. */
const aPair = (seq: number, boot = "boot-1", zeroAt = NOON) =>
  aHealth({ seq, boot, up: 10 * MINUTE, at: zeroAt + 10 * MINUTE, clock: "gps" });

async function openStores() {
  const { state, shelf, view } = await openStateFiles();
  const registry = indexRegistry(aRegistry());
  const broken: string[] = [];
  const stores: SiteStores = {
    state,
    shelf,
    registry: () => registry,
    nowMs: () => NOON + 24 * HOUR,
    onInternal: () => {},
    gateways: new Map(),
    onRefusedGap: () => {},
    pairs: createPairMemory(),
  };
  return {
    state,
    view,
    broken,
    store: (...messages: Parameters<typeof letterOf>[0][]) =>
      storeMessages(
        messages.map((message) => letterOf(message, TRUCK)),
        stores,
      ),
    repair: () =>
      state.transaction(NOON, ({ sql }) => repairVisits(sql, NOON + 24 * HOUR, (error) => broken.push(String(error)))),
  };
}

describe("a visit whose device did not know the time", () => {
  it("is kept, alerts, and is shown without a time, never as of 1970", async () => {
    const { store, view, repair } = await openStores();

    store(timelessVisit());

    expect(repair()).toBeUndefined();
    expect(view.lastVisitOf("site-1")).toMatchObject({ startedAt: null, endedAt: null, timeErrorMs: null });
    expect(view.alerts()).toHaveLength(1);
    expect(view.timeUnknown()).toMatchObject([{ ...TRUCK, visits: 1, readings: 0, since: null }]);
    expect(view.counts()).toMatchObject({ "time-unknown visits": 1 });
  });

  it("gets its times from the pair of its boot, while its signed body stays as it came", async () => {
    const { store, view, repair, state } = await openStores();
    const visit = timelessVisit();
    store(visit);

    store(aPair(2));

    expect(state.read(hasDueVisits)).toBe(true);
    expect(repair()).toEqual([{ kind: "site", site: "site-1" }]);
    const shown = view.lastVisitOf("site-1");
    expect(shown).toMatchObject({ startedAt: NOON + MINUTE, endedAt: NOON + 5 * MINUTE, timeErrorMs: 2_054 });
    expect(shown?.photos.map(({ takenAt }) => takenAt)).toEqual([NOON + MINUTE, NOON + 5 * MINUTE]);
    const kept = state.read((sql) => keptVisit(sql, TRUCK, "visit-1"));
    expect(Visit.parse(kept?.body)).toEqual(visit);
    expect(isVisitSignedBy(kept?.body ?? visit, TRUCK_KEYS.publicKey)).toBe(true);
    expect(view.timeUnknown()).toEqual([]);
    expect(repair()).toBeUndefined();
    expect(view.counts()).toMatchObject({ "visits-repaired": 1 });
  });

  it("has its times at once where the pair came before it", async () => {
    const { store, view } = await openStores();

    store(aPair(2), timelessVisit());

    expect(view.lastVisitOf("site-1")).toMatchObject({ endedAt: NOON + 5 * MINUTE });
    expect(view.timeUnknown()).toEqual([]);
  });

  it("gets the time of each photo from the boot in which it was taken", async () => {
    const { store, view, repair } = await openStores();
    const before = aVisitPhoto({ role: "before", takenAt: null, boot: "boot-0", up: HOUR, sha: "b".repeat(64) });
    const after = aVisitPhoto({ takenAt: null, boot: "boot-1", up: 5 * MINUTE });
    store(timelessVisit({ photos: [before, after] }));

    store(aPair(2));
    repair();
    expect(view.lastVisitOf("site-1")).toMatchObject({ startedAt: null, endedAt: NOON + 5 * MINUTE });
    expect(view.counts()).toMatchObject({ "time-unknown visits": 1 });
    store(aPair(3, "boot-0", NOON - 2 * HOUR));
    repair();

    expect(view.lastVisitOf("site-1")).toMatchObject({ startedAt: NOON - HOUR, endedAt: NOON + 5 * MINUTE });
  });

  it("ended when it was put together, where its photos do not say when they were taken", async () => {
    const { store, view } = await openStores();

    store(aPair(2), timelessVisit({ photos: [aVisitPhoto({ takenAt: null })] }));

    expect(view.lastVisitOf("site-1")).toMatchObject({ startedAt: null, endedAt: NOON + 5 * MINUTE + 2_000 });
  });

  it("gives its site back to a visit that turns out to be later", async () => {
    const { store, view, repair } = await openStores();
    store(aVisit({ seq: 5, visit: "later", boot: "boot-9", endedAt: NOON + HOUR }), timelessVisit({ seq: 6 }));
    expect(view.lastVisitOf("site-1")?.visit).toBe("visit-1");

    store(aPair(7));
    repair();

    expect(view.lastVisitOf("site-1")?.visit).toBe("later");
  });

  it("keeps its times unknown where they would be ahead of now or before the first device, and takes nobody down", async () => {
    const { store, view, repair, state } = await openStores();
    const far = 9_000_000_000_000;
    const photo = (up: number) => [aVisitPhoto({ takenAt: null, boot: "boot-1", up, state: "overflow" })];

    store(timelessVisit({ seq: 1, photos: photo(far) }), aPair(2));
    store(timelessVisit({ seq: 3, visit: "visit-2", photos: photo(far) }));
    store(timelessVisit({ seq: 4, visit: "visit-3", boot: "boot-2", up: 0, photos: [aVisitPhoto({ takenAt: null })] }));
    store(aHealth({ seq: 5, boot: "boot-2", up: far, at: NOON, clock: "gps" }));
    repair();

    expect(view.lastVisits()).toHaveLength(1);
    expect(view.alerts()).toHaveLength(2);
    expect(view.alerts()[0]?.visit).toMatchObject({ endedAt: null });
    expect(view.counts()).toMatchObject({ "time-unknown visits": 3 });
    expect(state.read(hasDueVisits)).toBe(false);
    expect(repair()).toBeUndefined();
  });

  it("is tried again with a clock that is new for its boot", async () => {
    const { store, view, repair } = await openStores();
    const rtc = (seq: number, up: number, at: number) => aHealth({ seq, boot: "boot-1", up, at, clock: "rtc" });
    store(timelessVisit(), rtc(2, 1, NOON - 100 * HOUR), rtc(3, 2, NOON - 50 * HOUR));
    repair();
    expect(view.counts()).toMatchObject({ "time-unknown visits": 1 });

    store(aPair(4));
    repair();

    expect(view.lastVisitOf("site-1")).toMatchObject({ endedAt: NOON + 5 * MINUTE });
    expect(view.counts()).toMatchObject({ "time-unknown visits": 0 });
  });

  it("that breaks our own code is told, and holds up no other", async () => {
    const { store, view, repair, state, broken } = await openStores();
    store(timelessVisit(), timelessVisit({ seq: 2, visit: "visit-2" }));
    state.read((sql) => sql.run("UPDATE visits SET body = 'not JSON' WHERE visit = 'visit-1'"));

    store(aPair(3));
    repair();

    expect(broken).toHaveLength(1);
    const ends = Object.fromEntries(view.alerts().map(({ visit }) => [visit.visit, visit.endedAt]));
    expect(ends).toEqual({ "visit-1": null, "visit-2": NOON + 5 * MINUTE });
    expect(state.read(hasDueVisits)).toBe(false);
  });

  it("costs itself alone where its row cannot be read", async () => {
    const { store, view, state } = await openStores();
    store(timelessVisit(), timelessVisit({ seq: 2, visit: "visit-2" }));

    state.read((sql) => sql.run("UPDATE visits SET photos = '[{}]' WHERE visit = 'visit-1'"));

    expect(view.alerts()).toHaveLength(1);
    expect(view.counts()).toMatchObject({ "rows-unreadable": 1 });
  });
});
