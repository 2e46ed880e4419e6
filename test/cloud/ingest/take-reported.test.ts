import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeKeyPair } from "#contract/ed25519.ts";
import { topics } from "#contract/topics.ts";
import type { Reported } from "#contract/twin.ts";
import { createLogger } from "#kit/logger.ts";
import { TWIN_TABLES } from "../../../cloud/fleet/twins/tables.ts";
import { reportedOf } from "../../../cloud/fleet/twins/twin-book.ts";
import { takeReported } from "../../../cloud/ingest/take-reported.ts";
import { pinKey } from "../../../cloud/store/state/devices.ts";
import { GuardedFile } from "../../../cloud/store/state/guarded-file.ts";
import { NOON, TRUCK } from "../../support/builders.ts";
import { openStateFiles } from "../../support/state-files.ts";

const aReported = (change: Partial<Reported> = {}): Reported => ({
  v: 1,
  rev: 3,
  boot: "boot-1",
  settings: { LOG_LEVEL: "debug" },
  refused: [],
  onTrial: false,
  updates: [],
  ...change,
});
const bytesOf = (said: unknown) => Buffer.from(JSON.stringify(said));
const STRANGER = { tenant: "chel", device: "stranger" };

async function openTaking() {
  const { folder, state, view } = await openStateFiles();
  const twins = new GuardedFile(join(folder, "twins.db"), TWIN_TABLES, "away");
  onTestFinished(() => twins.close());
  const clock = { nowMs: () => NOON, monotonicMs: () => NOON };
  const taking = takeReported({ state, twins, clock, log: createLogger("test", "silent") });
  const meet = (address: typeof STRANGER) =>
    state.transaction(NOON, ({ sql }) => pinKey(sql, address, makeKeyPair().publicKey, NOON));
  meet(TRUCK);
  return {
    taking,
    meet,
    refused: (reason: string) => view.counts()[`reported-refused ${reason}`] ?? 0,
    reported: (address = TRUCK) => twins.use((sql) => reportedOf(sql, address))?.body,
  };
}

describe("reported twins", () => {
  it("are kept, the newest of each device", async () => {
    const { taking, reported } = await openTaking();

    taking.take(topics.reported(TRUCK), bytesOf(aReported()));
    taking.take(topics.reported(TRUCK), bytesOf(aReported({ rev: 4 })));
    taking.keep();

    expect(reported()).toEqual(aReported({ rev: 4 }));
  });

  it.each([
    ["bytes that are no JSON", Buffer.from("{"), "malformed"],
    ["a shape of another kind", bytesOf({ v: 1, rev: -1 }), "malformed"],
    ["10 MB", bytesOf(aReported({ boot: "b".repeat(10 * 1024 * 1024) })), "too-large"],
  ])("of %s are counted and change nothing", async (_what, payload, reason) => {
    const { taking, reported, refused } = await openTaking();
    taking.take(topics.reported(TRUCK), bytesOf(aReported()));

    taking.take(topics.reported(TRUCK), payload);
    taking.keep();

    expect(reported()).toEqual(aReported());
    expect(refused(reason)).toBe(1);
  });

  it("of a device that nobody knows are counted, and kept once it has shown itself", async () => {
    const { taking, meet, reported, refused } = await openTaking();
    taking.take(topics.reported(STRANGER), bytesOf(aReported()));
    taking.keep();
    taking.keep();
    expect([reported(STRANGER), refused("unknown-device")]).toEqual([undefined, 1]);

    meet(STRANGER);
    taking.keep();

    expect(reported(STRANGER)).toEqual(aReported());
    expect(refused("unknown-device")).toBe(1);
  });

  it("of more strangers than there is room for push out the oldest, and known devices are kept all the same", async () => {
    const { taking, meet, reported } = await openTaking();
    const strangers = Array.from({ length: 400 }, (_, n) => ({ tenant: "chel", device: `stranger-${n}` }));

    for (const stranger of strangers) taking.take(topics.reported(stranger), bytesOf(aReported()));
    taking.take(topics.reported(TRUCK), bytesOf(aReported()));
    taking.keep();
    for (const stranger of strangers) meet(stranger);
    taking.keep();

    expect(reported()).toEqual(aReported());
    const kept = strangers.filter((stranger) => reported(stranger) !== undefined);
    expect(kept).toEqual(strangers.slice(-64));
  });
});
