import { describe, expect, it } from "vitest";
import { createLogger } from "#kit/logger.ts";
import { startBatchLoop } from "../../../cloud/ingest/batch-loop.ts";
import { untilStored } from "../../../cloud/ingest/until-stored.ts";
import { StoreUnavailable } from "../../../cloud/store/measurements/measurements.ts";
import { until } from "../../support/until.ts";

function someMessages(count: number, bytes = 10) {
  const acknowledged: number[] = [];
  const messages = Array.from({ length: count }, (_, i) => ({
    topic: `topic-${i}`,
    payload: Buffer.alloc(bytes),
    dup: false,
    acknowledge: () => acknowledged.push(i),
  }));
  return { messages, acknowledged };
}

const nothing = async () => {};

describe("the batch loop", () => {
  it("acknowledges a batch only after it was stored, and stores one at a time", async () => {
    const { messages, acknowledged } = someMessages(3);
    const first = Promise.withResolvers<boolean>();
    const sizes: number[] = [];
    const loop = startBatchLoop({
      store: (batch) => {
        sizes.push(batch.length);
        return sizes.length === 1 ? first.promise : Promise.resolve(true);
      },
      between: nothing,
      onAcknowledged: () => {},
      onFull: () => {},
    });

    for (const message of messages.slice(0, 2)) loop.push(message);
    await until("a batch is in hand", () => sizes.length === 1);
    for (const message of messages.slice(2)) loop.push(message);
    expect(acknowledged).toEqual([]);
    first.resolve(true);
    await until("all are acknowledged", () => acknowledged.length === 3);

    expect(sizes).toEqual([2, 1]);
    await loop.close();
  });

  it("begins a second batch meanwhile where two may be in hand, and runs what was asked for when none is", async () => {
    const { messages, acknowledged } = someMessages(5);
    const stores = [
      Promise.withResolvers<boolean>(),
      Promise.withResolvers<boolean>(),
      Promise.withResolvers<boolean>(),
    ];
    const steps: string[] = [];
    const loop = startBatchLoop({
      store: (batch) => {
        const at = steps.push(`store ${batch.length}`) - 1;
        return stores[at]?.promise ?? Promise.resolve(true);
      },
      between: async () => {
        steps.push("between");
      },
      onAcknowledged: () => {},
      onFull: () => {},
      maxMessages: 2,
      maxInHand: 2,
    });

    for (const message of messages) loop.push(message);
    await until("two are in hand", () => steps.length === 2);
    loop.interrupt();
    stores[1]?.resolve(true);
    await until("the second is acknowledged", () => acknowledged.length === 2);
    expect(acknowledged).toEqual([2, 3]);
    stores[0]?.resolve(true);
    await until("it goes on", () => steps.length === 4);

    expect(steps).toEqual(["store 2", "store 2", "between", "store 1"]);
    await loop.close();
  });

  it("bounds a batch by number and by bytes", async () => {
    const sizes: number[] = [];
    const { messages, acknowledged } = someMessages(2_500);
    const big = someMessages(9, 1024 * 1024);
    const loop = startBatchLoop({
      store: async (batch) => sizes.push(batch.length) > 0,
      between: nothing,
      onAcknowledged: () => {},
      onFull: () => {},
    });

    for (const message of messages) loop.push(message);
    await until("all are acknowledged", () => acknowledged.length === 2_500);
    for (const message of big.messages) loop.push(message);
    await until("the big ones too", () => big.acknowledged.length === 9);

    expect(sizes).toEqual([1_000, 1_000, 500, 4, 4, 1]);
    await loop.close();
  });

  it("leaves what is not in hand unacknowledged when it closes or forgets", async () => {
    const { messages, acknowledged } = someMessages(2);
    const stored = Promise.withResolvers<boolean>();
    let batches = 0;
    const loop = startBatchLoop({
      store: () => {
        batches += 1;
        return stored.promise;
      },
      between: nothing,
      onAcknowledged: () => {},
      onFull: () => {},
    });
    const [first, second] = messages;
    if (first !== undefined) loop.push(first);
    await until("a batch is in hand", () => batches === 1);
    if (second !== undefined) loop.push(second);

    const closing = loop.close();
    stored.resolve(true);
    await closing;

    expect(acknowledged).toEqual([0]);
  });

  it("holds the gateway back while too much waits in memory", async () => {
    const { messages, acknowledged } = someMessages(40, 1024 * 1024);
    const steps: boolean[] = [];
    const loop = startBatchLoop({
      store: async () => true,
      between: nothing,
      onAcknowledged: () => {},
      onFull: (isFull) => steps.push(isFull),
    });

    for (const message of messages) loop.push(message);
    expect(steps).toEqual([true]);
    await until("all are acknowledged", () => acknowledged.length === 40);

    expect(steps).toEqual([true, false]);
    await loop.close();
  });

  it("runs what was asked for between two batches", async () => {
    let runs = 0;
    const loop = startBatchLoop({
      store: async () => true,
      between: async () => {
        runs += 1;
      },
      onAcknowledged: () => {},
      onFull: () => {},
    });

    loop.interrupt();
    await until("it ran", () => runs === 1);
    const { messages, acknowledged } = someMessages(1);
    for (const message of messages) loop.push(message);
    await until("the loop goes on", () => acknowledged.length === 1);

    await loop.close();
  });
});

describe("untilStored", () => {
  const patience = (signal: AbortSignal, troubles: (string | null)[]) => ({
    signal,
    random: () => 0,
    log: createLogger("test", "silent"),
    onTrouble: (trouble: string | null) => {
      troubles.push(trouble);
    },
  });

  it("does the same work again until it succeeds, and says what it waits for", async () => {
    const troubles: (string | null)[] = [];
    let tries = 0;

    const result = await untilStored(
      async () => {
        tries += 1;
        if (tries < 3) throw new StoreUnavailable("InfluxDB is down");
        return "stored";
      },
      patience(new AbortController().signal, troubles),
    );

    expect(result).toBe("stored");
    expect(troubles).toEqual(["store-unavailable: InfluxDB is down", "store-unavailable: InfluxDB is down", null]);
  });

  it("waits as long as the store wishes", async () => {
    let tries = 0;
    const start = performance.now();

    await untilStored(
      async () => {
        tries += 1;
        if (tries === 1) throw new StoreUnavailable("busy", { retryAfterMs: 400 });
      },
      patience(new AbortController().signal, []),
    );

    expect(performance.now() - start).toBeGreaterThan(390);
  });

  it("gives up only when it is told to close", async () => {
    const closing = new AbortController();
    const result = untilStored(
      async () => {
        throw new StoreUnavailable("down", { retryAfterMs: 600_000 });
      },
      patience(closing.signal, []),
    );

    closing.abort();

    expect(await result).toBeUndefined();
  });
});
