import { describe, expect, it, onTestFinished } from "vitest";
import type { RecordClass } from "#contract/topics.ts";
import type { SendQueue } from "#uplink/send-queue.ts";
import { startSender } from "#uplink/sender.ts";
import { until } from "../../support/until.ts";

/** A queue of names: what is put is read by class; `largestRead` says how much was asked for at most. */
function createNamedQueue() {
  const kept: { seq: number; recordClass: string }[] = [];
  const cursors = new Map<string, number>();
  const listeners = new Set<(classes: ReadonlySet<string>) => void>();
  let largestRead = 0;
  const queue: SendQueue = {
    read: async (recordClass, after, limit) => {
      const found = kept.filter((one) => one.recordClass === recordClass && one.seq > after).slice(0, limit);
      largestRead = Math.max(largestRead, found.length);
      return found.map(({ seq }) => ({ seq, topic: recordClass, bytes: Buffer.from(String(seq)) }));
    },
    acknowledged: (recordClass) => cursors.get(recordClass) ?? 0,
    acknowledge: (recordClass, seq) => {
      cursors.set(recordClass, seq);
    },
    onAppended: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const put = (recordClass: RecordClass, count: number) => {
    for (let i = 0; i < count; i += 1) kept.push({ seq: kept.length + 1, recordClass });
    for (const listener of listeners) listener(new Set([recordClass]));
  };
  return { queue, put, cursors, largestRead: () => largestRead };
}

function startWith(queue: SendQueue, windowSize: number) {
  const sent: { seq: number; answer: () => void }[] = [];
  const sender = startSender(
    queue,
    (_topic, bytes, answer) => sent.push({ seq: Number(String(bytes)), answer }),
    windowSize,
    (error) => {
      throw error;
    },
  );
  onTestFinished(() => sender.stop());
  return { sender, sent, seqs: () => sent.map(({ seq }) => seq) };
}

describe("startSender", () => {
  it("has no more under way than its window", async () => {
    const { queue, put } = createNamedQueue();
    put("reading", 10);

    const { sent, seqs } = startWith(queue, 4);
    await until("the window is full", () => sent.length === 4);
    sent[0]?.answer();
    await until("one more follows", () => sent.length === 5);

    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
  });

  it("has few bytes under way where messages are large", async () => {
    const { queue, put } = createNamedQueue();
    put("chunk", 30);
    const read: SendQueue["read"] = async (...asked) =>
      (await queue.read(...asked)).map((one) => ({ ...one, bytes: Buffer.alloc(32 * 1024, String(one.seq)) }));
    const sent: (() => void)[] = [];
    const sender = startSender(
      { ...queue, read },
      (_topic, _bytes, answer) => void sent.push(answer),
      64,
      () => {},
    );
    onTestFinished(() => sender.stop());
    await until("256 KiB are under way", () => sent.length === 8);
    sent[0]?.();
    await until("one more follows", () => sent.length === 9);

    expect(sender.underWay).toHaveLength(8);
  });

  it("lets a visit overtake the chunks that are not under way yet", async () => {
    const { queue, put } = createNamedQueue();
    put("chunk", 6);
    const { sent, seqs } = startWith(queue, 2);
    await until("chunks are under way", () => sent.length === 2);

    put("visit", 1);
    sent[0]?.answer();
    await until("the next is sent", () => sent.length === 3);

    expect(seqs()).toEqual([1, 2, 7]);
  });

  it("moves the queue's mark only over what is answered without a hole", async () => {
    const { queue, put, cursors } = createNamedQueue();
    put("reading", 3);
    const { sent } = startWith(queue, 8);
    await until("all are under way", () => sent.length === 3);

    sent[2]?.answer();
    sent[0]?.answer();
    const withHole = cursors.get("reading");
    sent[1]?.answer();

    expect([withHole, cursors.get("reading")]).toEqual([1, 3]);
  });

  it("does not send what is kept elsewhere, and lets the mark pass it", async () => {
    const { queue, put, cursors } = createNamedQueue();
    put("reading", 4);
    const read: SendQueue["read"] = async (...asked) =>
      (await queue.read(...asked)).map((one) => (one.seq === 2 ? one : { ...one, unsent: "elsewhere" as const }));

    const { sent, seqs } = startWith({ ...queue, read }, 8);
    await until("what is to be sent is under way", () => sent.length === 1);
    const before = cursors.get("reading");
    sent[0]?.answer();

    expect(seqs()).toEqual([2]);
    expect([before, cursors.get("reading")]).toEqual([1, 4]);
  });

  it("holds back what it is told to, and does not let the mark pass it", async () => {
    const { queue, put, cursors } = createNamedQueue();
    put("reading", 3);
    const read: SendQueue["read"] = async (...asked) =>
      (await queue.read(...asked)).map((one) => (one.seq === 2 ? { ...one, unsent: "held" as const } : one));

    const { sender, sent, seqs } = startWith({ ...queue, read }, 8);
    await until("the others are under way", () => sent.length === 2);
    for (const { answer } of sent) answer();

    expect(seqs()).toEqual([1, 3]);
    expect(cursors.get("reading")).toBe(1);
    expect(sender.underWay).toEqual([]);
  });

  it("begins again at the mark on a new connection", async () => {
    const { queue, put } = createNamedQueue();
    put("reading", 3);
    const first = startWith(queue, 8);
    await until("all are under way", () => first.sent.length === 3);
    first.sent[0]?.answer();
    first.sender.stop();
    first.sent[1]?.answer();

    const second = startWith(queue, 8);
    await until("the rest is sent again", () => second.sent.length === 2);

    expect(second.seqs()).toEqual([2, 3]);
  });

  it("reads little at a time, however much waits", async () => {
    const { queue, put, largestRead } = createNamedQueue();
    put("reading", 5000);

    let answered = 0;
    const answerSoon = (_topic: string, _bytes: Uint8Array, answer: () => void) => {
      setImmediate(() => {
        answered += 1;
        answer();
      });
    };
    const sender = startSender(queue, answerSoon, 8, () => {});
    onTestFinished(() => sender.stop());
    await until("all are sent", () => answered === 5000);

    expect(largestRead()).toBeLessThanOrEqual(64);
  });

  it("sends all of a backlog whose messages are so large that few come with each read", async () => {
    const { queue, put } = createNamedQueue();
    put("chunk", 500);
    const read: SendQueue["read"] = (recordClass, after, limit) => queue.read(recordClass, after, Math.min(limit, 7));

    const { seqs } = startWith({ ...queue, read }, 1000);

    await until("all are sent", () => seqs().length === 500);
  });

  it("reads again after a read that failed", async () => {
    const { queue, put } = createNamedQueue();
    put("reading", 3);
    let failures = 0;
    const read: SendQueue["read"] = async (recordClass, after, limit) => {
      if (recordClass === "reading" && failures === 0) {
        failures += 1;
        throw new Error("the thread was lost");
      }
      return await queue.read(recordClass, after, limit);
    };
    const seqs: number[] = [];
    const sender = startSender(
      { ...queue, read },
      (_topic, bytes) => seqs.push(Number(String(bytes))),
      8,
      () => {},
    );
    onTestFinished(() => sender.stop());
    await until("the read has failed", () => failures === 1);

    put("alert", 1);

    await until("both classes are sent", () => seqs.length === 4);
  });
});
