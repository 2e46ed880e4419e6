import { describe, expect, it } from "vitest";
import { decode, encode } from "#contract/codec.ts";
import type { Message } from "#contract/messages.ts";
import { classOfStream, topics } from "#contract/topics.ts";
import type { StoredRecord } from "#journal/journal.ts";
import { createGapWriter } from "../../../gateway/own/gap-writer.ts";
import { aGap, aHealth, aPhoto, aReading, POST, TRUCK } from "../../support/builders.ts";

const OWN = { tenant: "dv", device: "yard" };
const NOON = 1_780_000_000_000;

const aWriter = (values: ReadonlyMap<string, string> = new Map()) =>
  createGapWriter({ owner: { name: "yard", newLog: "log-yard" }, stamp: { at: NOON, boot: "boot-1", up: 5 }, values });

const recordOf = (message: Message, from = TRUCK, n = 100, bytes = encode(message)): StoredRecord => ({
  n,
  recordClass: classOfStream(message.kind),
  topic: topics.data(from, message.kind),
  bytes,
});

/** The message with its members in another order than ours: log and seq come last. */
function turned(message: Message): Uint8Array {
  return Buffer.from(JSON.stringify(Object.fromEntries(Object.entries(message).reverse())));
}

describe("the gaps of a gateway", () => {
  it("name the device's own numbers, read from any message", () => {
    const [chunk] = aPhoto(Buffer.alloc(100), { seq: 6 }).chunks;
    const health = aHealth({ seq: 8 });

    const losses = [
      recordOf(aReading({ log: "log-post", seq: 3 }), POST),
      ...(chunk === undefined ? [] : [recordOf(chunk)]),
      recordOf(health, TRUCK, 102, turned(health)),
    ].flatMap((record) => aWriter().lossesOf(record));

    expect(losses).toEqual([
      { key: `${POST.tenant}:${POST.device}:log-post::reading`, ranges: [[3, 3]] },
      { key: "kirov:truck-0001:log-truck::chunk", ranges: [[7, 7]] },
      { key: "kirov:truck-0001:log-truck::health", ranges: [[8, 8]] },
    ]);
  });

  it.each([
    ["no JSON", Buffer.from("nonsense")],
    ["an absurd number", Buffer.from('{"log":"log-truck","seq":0.5}')],
    ["no number", Buffer.from('{"log":"log-truck"}')],
    ["nothing", Buffer.of()],
    ["a photo without a header", Buffer.alloc(2_000, 1)],
  ])("say the journal's number where there is %s", (_, bytes) => {
    const [health, chunk] = [aHealth(), aPhoto(Buffer.alloc(10)).chunks[0] ?? aHealth()];

    const losses = [health, chunk].flatMap((message) => aWriter().lossesOf(recordOf(message, TRUCK, 55, bytes)));

    expect(losses).toEqual([
      { key: "kirov:truck-0001:::health", ranges: [[55, 55]] },
      { key: "kirov:truck-0001:::chunk", ranges: [[55, 55]] },
    ]);
  });

  it("are messages of the gateway's own log, numbered on", () => {
    const values = new Map<string, string>();
    const writer = aWriter(values);
    const gaps = ["kirov:truck-0001:log-truck::chunk", "kirov:truck-0001:::health"].map((key) => {
      const gap = writer.write(key, [[2, 4]]);
      for (const [name, text] of Object.entries(gap.values ?? {})) values.set(name, text);
      return decode(gap.record.topic, gap.record.bytes);
    });

    expect(gaps.map(({ address }) => address)).toEqual([OWN, OWN]);
    expect(gaps.map(({ message }) => message)).toMatchObject([
      { log: "log-yard", seq: 1, at: NOON, lostTenant: "kirov", lostDevice: "truck-0001", lostLog: "log-truck" },
      { log: "log-yard", seq: 2, by: "dv:yard", reason: "budget", of: "journal", class: "health", ranges: [[2, 4]] },
    ]);
  });

  it("take up what a gap said: their own, a device's and that of a gateway below", () => {
    const own = aWriter().write("kirov:truck-0001:log-truck::chunk", [[2, 4]]);
    const ofDevice = aGap({ seq: 9, ranges: [[1, 8]] });
    const child = { tenant: "dv", device: "village" };
    const ofChild = aGap({ log: "log-child", seq: 1, lostTenant: "kirov", lostDevice: "truck-2", ranges: [[5, 5]] });

    const losses = [
      { n: 1, recordClass: "alert", ...own.record },
      recordOf(ofDevice),
      recordOf(ofChild, child),
    ].flatMap((record) => aWriter().lossesOf(record));

    expect(losses).toEqual([
      { key: "dv:yard:log-yard::alert", ranges: [[1, 1]] },
      { key: "kirov:truck-0001:log-truck::chunk", ranges: [[2, 4]] },
      { key: "kirov:truck-0001:log-truck::alert", ranges: [[9, 9]] },
      { key: "kirov:truck-0001:log-truck::reading", ranges: [[1, 8]] },
      { key: "dv:village:log-child::alert", ranges: [[1, 1]] },
      { key: "kirov:truck-2:log-truck:village:reading", ranges: [[5, 5]] },
    ]);
  });

  it("keep who said it first, over as many gateways as there are, and never as if they knew it themselves", () => {
    const about = { lostTenant: "kirov", lostDevice: "truck-2", ranges: [[5, 5]] as [number, number][] };
    const far = recordOf(aGap({ log: "log-far", seq: 1, ...about }), { tenant: "dv", device: "far" });
    const anew = aGap({ log: "log-near", seq: 1, ...about, saidBy: ["far"] });
    const near = recordOf(anew, { tenant: "dv", device: "near" });
    const sayAnew = (record: StoredRecord) => {
      const { key = "", ranges = [] } = aWriter().lossesOf(record).at(-1) ?? {};
      return aWriter().write(key, ranges).record;
    };

    const [once, twice] = [sayAnew(far), sayAnew(near)];
    const again = sayAnew({ n: 7, recordClass: "alert", ...twice });

    const told = [once, twice, again].map(({ topic, bytes }) => decode(topic, bytes).message);
    expect(told).toMatchObject([
      { ...about, saidBy: ["far"], by: "dv:yard", class: "reading" },
      { ...about, saidBy: ["far", "near"] },
      { ...about, saidBy: ["far", "near"] },
    ]);
    const ownWords = aWriter().write("kirov:truck-2:log-truck::reading", [[5, 5]]).record;
    expect(decode(ownWords.topic, ownWords.bytes).message).not.toHaveProperty("saidBy");
  });

  it("do not say anew what came through more gateways than a gap can name", () => {
    const saidBy = Array.from({ length: 8 }, (_, i) => `gateway-${i}`);
    const long = aGap({ log: "log-near", seq: 1, lostTenant: "kirov", lostDevice: "truck-2", saidBy });

    expect(aWriter().lossesOf(recordOf(long, { tenant: "dv", device: "near" }))).toEqual([
      { key: "dv:near:log-near::alert", ranges: [[1, 1]] },
    ]);
  });

  it("are few, though a device draws a new log for each message", () => {
    const writer = aWriter();

    const keys = Array.from({ length: 1_000 }, (_, i) =>
      writer.lossesOf(recordOf(aHealth({ log: `log-${i}`, seq: 1 }))).map(({ key }) => key),
    );

    expect(new Set(keys.flat()).size).toBe(17);
  });
});
