import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeKeyPair } from "#contract/ed25519.ts";
import { takeStates } from "../../../cloud/ingest/take-states.ts";
import { StateUnavailable } from "../../../cloud/store/state/database.ts";
import { pinnedKeyOf } from "../../../cloud/store/state/devices.ts";
import { openStateStore, type StateStore } from "../../../cloud/store/state/state-store.ts";
import { topics } from "../../../common/contract/topics.ts";
import { createLogger } from "../../../common/kit/logger.ts";
import { NOON, TRUCK, TRUCK_KEYS } from "../../support/builders.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const shown = (publicKey: string) =>
  Buffer.from(JSON.stringify({ v: 1, online: true, boot: "b", software: "test", model: null, publicKey }));

async function openTaking() {
  const state = openStateStore(join(await tempFolder(), "state.db"));
  onTestFinished(() => state.close());
  let isDown = false;
  const fragile: StateStore = {
    ...state,
    transaction: (nowMs, work) => {
      if (isDown) throw new StateUnavailable("the disk is full");
      return state.transaction(nowMs, work);
    },
  };
  const clock = { nowMs: () => NOON, monotonicMs: () => NOON };
  const taking = takeStates({ state: fragile, clock, log: createLogger("test", "silent"), onEvents: () => {} });
  return {
    taking,
    setDown: (down: boolean) => {
      isDown = down;
    },
    pinned: () => state.read((sql) => pinnedKeyOf(sql, TRUCK)),
  };
}

it("pins a key that the store would not take as soon as it takes it", async () => {
  const { taking, setDown, pinned } = await openTaking();
  setDown(true);
  taking.take(topics.state(TRUCK), shown(TRUCK_KEYS.publicKey));
  taking.retry();
  expect(pinned()).toBeUndefined();
  setDown(false);

  taking.retry();

  expect(pinned()).toBe(TRUCK_KEYS.publicKey);
});

it("tries again what a device said last, not what it said before", async () => {
  const { taking, setDown, pinned } = await openTaking();
  setDown(true);
  taking.take(topics.state(TRUCK), shown(makeKeyPair().publicKey));
  taking.take(topics.state(TRUCK), shown(TRUCK_KEYS.publicKey));
  setDown(false);

  taking.retry();

  expect(pinned()).toBe(TRUCK_KEYS.publicKey);
});

it("passes over a state that cannot be read", async () => {
  const { taking, pinned } = await openTaking();

  taking.take(topics.state(TRUCK), Buffer.from("{"));
  taking.take("elsewhere", shown(TRUCK_KEYS.publicKey));
  taking.retry();

  expect(pinned()).toBeUndefined();
});
