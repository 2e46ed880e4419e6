import { describe, expect, it } from "vitest";
import { FOR_EVER } from "../../../cloud/air/windows/retention.ts";
import { startPhotoJoiner } from "../../../cloud/ingest/join-photos.ts";
import { createReadingJudge } from "../../../cloud/ingest/judge-readings.ts";
import { isOurFault, storeOrBury } from "../../../cloud/ingest/our-fault.ts";
import { createPairMemory } from "../../../cloud/ingest/pair-memory.ts";
import { storeMessages } from "../../../cloud/ingest/store-messages.ts";
import { storeReadings } from "../../../cloud/ingest/store-readings.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { type Point, StoreMisconfigured, StoreUnavailable } from "../../../cloud/store/measurements/measurements.ts";
import { StateUnavailable } from "../../../cloud/store/state/database.ts";
import type { Letter } from "../../../cloud/store/state/dead-letters.ts";
import { logRangesOf } from "../../../cloud/store/state/log-book.ts";
import { createLogger } from "../../../common/kit/logger.ts";
import { aPhoto, aReading, aRegistry, letterOf, NOON, POST, TRUCK } from "../../support/builders.ts";
import { openStateFiles } from "../../support/state-files.ts";
import { until } from "../../support/until.ts";

async function openStores() {
  const { state, shelf, view } = await openStateFiles();
  const registry = indexRegistry(aRegistry());
  const told: string[] = [];
  const onInternal = (error: unknown) => void told.push(String(error));
  return {
    state,
    shelf,
    view,
    told,
    onInternal,
    registry: () => registry,
    nowMs: () => NOON,
    gateways: new Map(),
    onRefusedGap: () => {},
    pairs: createPairMemory(),
    retention: FOR_EVER,
    judge: createReadingJudge(state, (error) => void told.push(String(error))),
  };
}

const readings = [1, 2, 3, 4, 5].map((seq) => letterOf(aReading({ seq, at: NOON + seq }), POST));

describe("isOurFault", () => {
  it.each([
    ["a store that is away", new StoreUnavailable("away")],
    ["a store that will not let us in", new StoreMisconfigured("401")],
    ["a state store that is away", new StateUnavailable("busy")],
    ["a full disk", Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "write" })],
    ["a full SQLite file", Object.assign(new Error("full"), { errcode: 13 })],
  ])("is false for %s", (_, error) => {
    expect(isOurFault(error)).toBe(false);
  });

  it.each([
    ["a wrong type", new TypeError("x is undefined")],
    ["a broken constraint", Object.assign(new Error("NOT NULL"), { errcode: 1299 })],
    ["what is no error", "text"],
  ])("is true for %s", (_, error) => {
    expect(isOurFault(error)).toBe(true);
  });
});

describe("storeOrBury", () => {
  it("buries the message that breaks our code and stores the others", async () => {
    const { state, view, told, ...parts } = await openStores();
    const written: number[] = [];
    const measurements = {
      write: async (points: readonly Point[]) => {
        if (points.some(({ at }) => at === NOON + 2)) throw new TypeError("our own fault");
        written.push(...points.map(({ at }) => at - NOON));
        return [];
      },
    };
    const store = async (part: readonly Letter[]) =>
      void (await storeReadings(part, { state, measurements, ...parts }));

    await storeOrBury(readings, { store, state, ...parts });

    expect(written.toSorted()).toEqual([1, 3, 4, 5]);
    expect(view.deadLetters(10)).toMatchObject([{ reason: "internal", detail: "our own fault", times: 1 }]);
    expect(state.read((sql) => logRangesOf(sql, { ...POST, log: "log-post" }))).toEqual({
      received: [[1, 5]],
      lost: [[2, 2]],
    });
    expect(told).toHaveLength(1);
  });

  it("buries a piece that breaks the shelf", async () => {
    const { state, view, shelf, ...parts } = await openStores();
    const photo = aPhoto(Buffer.alloc(1000, 7), { seq: 1, pieceBytes: 300 });
    const broken = {
      ...shelf,
      put: (chunks: Parameters<typeof shelf.put>[0], nowMs: number) => {
        if (chunks.some(({ i }) => i === 1)) throw new RangeError("our own fault");
        shelf.put(chunks, nowMs);
      },
    };
    const letters = [photo.notice, ...photo.chunks].map((message) => letterOf(message, TRUCK));
    const store = async (part: readonly Letter[]) => void storeMessages(part, { state, shelf: broken, ...parts });

    await storeOrBury(letters, { store, state, ...parts });

    expect(view.deadLetters(10)).toMatchObject([{ reason: "internal" }]);
    expect(shelf.inventoryOf({ ...TRUCK, sha: photo.sha }).map(({ i }) => i)).toEqual([0, 2, 3]);
  });

  it("leaves the batch to the caller when a store is the reason", async () => {
    const { view, state, ...parts } = await openStores();
    const store = async () => {
      throw new StoreUnavailable("away");
    };

    await expect(storeOrBury(readings, { store, state, ...parts })).rejects.toThrow("away");

    expect(view.deadLetters(10)).toEqual([]);
  });
});

describe("the joiner of photos", () => {
  it("buries a photo that breaks our code and goes on with the next", async () => {
    const { state, view, shelf, told, onInternal, ...parts } = await openStores();
    const [bad, good] = ["bad", "good"].map((text, i) => aPhoto(Buffer.from(text), { seq: 1 + i * 10 }));
    if (bad === undefined || good === undefined) throw new Error("two photos");
    const letters = [bad, good].flatMap(({ notice, chunks }) => [notice, ...chunks]);
    storeMessages(
      letters.map((message) => letterOf(message, TRUCK)),
      { state, shelf, onInternal, ...parts },
    );
    const isJpeg = async (bytes: Uint8Array) => {
      if (Buffer.from(bytes).toString() === "bad") throw new TypeError("our own fault");
      return true;
    };
    const photos = { put: async () => {}, read: async () => undefined };
    const { signal } = new AbortController();
    const patience = { signal, random: Math.random, log: createLogger("test", "silent"), onTrouble: () => {} };

    const joiner = startPhotoJoiner({ state, shelf, photos, isJpeg, onInternal, ...parts }, patience, () => {});

    await until("the good one is whole", () => view.wholePhotos([good.sha]).size === 1);
    await joiner.close();
    expect(view.deadLetters(10)).toMatchObject([{ reason: "internal", detail: "our own fault" }]);
    expect(shelf.keys()).toEqual([]);
    expect(told).toHaveLength(1);
  });
});
