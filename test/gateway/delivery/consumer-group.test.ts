import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { topics } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { createLogger } from "#kit/logger.ts";
import { Framer } from "#mqtt/framer.ts";
import { type Publish, parsePublish } from "#mqtt/publish.ts";
import { REST_MS } from "../../../gateway/delivery/assignment.ts";
import { ConsumerGroup } from "../../../gateway/delivery/consumer-group.ts";
import { ConsumerSession } from "../../../gateway/delivery/consumer-session.ts";
import { Metrics } from "../../../gateway/metrics.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

const DEVICES = 5;
const CLASSES = ["visit", "health"] as const;
const GROUP = "sites";
const log = createLogger("test", "silent");

/** One message: what happened to it. */
interface Told {
  n: number;
  readonly device: number;
  readonly recordClass: "visit" | "health";
  times: number;
  isSettled: boolean;
  isDropped: boolean;
}

interface TestMember {
  readonly session: ConsumerSession;
  readonly held: { readonly id: number; readonly told: Told }[];
  isFull: boolean;
  /** The newest that it got of each device and class. */
  readonly newest: Map<string, number>;
}

/** A group on a real journal, with members that the test plays, each watched for what it may be given. */
class Scene {
  /** By the serial number that is their payload. */
  readonly told = new Map<number, Told>();
  readonly #dropped = new Set<number>();
  readonly members: TestMember[] = [];
  readonly journal: Journal;
  readonly group: ConsumerGroup;
  /** What must never happen and did. */
  readonly violations: string[] = [];
  nowMs = 1_000_000;

  constructor(journal: Journal) {
    const clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
    // As a budget that drops the oldest would have it: dropped records are not read any more.
    this.journal = {
      append: (records, values) => journal.append(records, values),
      read: async (recordClass, after, limit) => {
        let records = await journal.read(recordClass, after, limit);
        while (records.length > 0 && records.every(({ n }) => this.#dropped.has(n))) {
          records = await journal.read(recordClass, records.at(-1)?.n ?? 0, limit);
        }
        return records.filter(({ n }) => !this.#dropped.has(n));
      },
      cursor: (reader, recordClass) => journal.cursor(reader, recordClass),
      advance: (reader, recordClass, n) => {
        this.#checkCursor(recordClass, n);
        journal.advance(reader, recordClass, n);
      },
      newest: () => journal.newest(),
      addReader: (reader, classes) => journal.addReader(reader, classes),
      removeReader: (reader) => journal.removeReader(reader),
      addedReaders: () => journal.addedReaders(),
      cursors: () => journal.cursors(),
      keep: (name, bytes) => journal.keep(name, bytes),
      kept: (prefix) => journal.kept(prefix),
      value: (name) => journal.value(name),
      stats: () => journal.stats(),
      onCommitted: (listener) => journal.onCommitted(listener),
      close: () => journal.close(),
    };
    const bounds = { readRecords: 4, readAheadBelow: 2, queueRecords: 3, queueBytes: 1_000 };
    const parts = { journal: this.journal, metrics: new Metrics(clock, log), clock, log, bounds, kept: new Map() };
    this.group = new ConsumerGroup(GROUP, CLASSES, parts);
  }

  async publish(device: number, classIndex: number, count: number): Promise<void> {
    const recordClass = classIndex === 0 ? "visit" : "health";
    const topic = topics.data({ tenant: "demo", device: `d${device}` }, recordClass);
    const serials = Array.from({ length: count }, (_, i) => this.told.size + i);
    for (const serial of serials) {
      this.told.set(serial, { n: 0, device, recordClass, times: 0, isSettled: false, isDropped: false });
    }
    const numbers = await this.journal.append(
      serials.map((serial) => ({ recordClass, topic, bytes: Buffer.from(`${serial}`) })),
    );
    serials.forEach((serial, i) => {
      const told = this.told.get(serial);
      if (told !== undefined) told.n = numbers[i] ?? 0;
    });
  }

  join(window: number): void {
    const held: TestMember["held"] = [];
    const framer = new Framer(100_000);
    const outlet = {
      write: (bytes: Buffer) => framer.push(bytes, (frame) => this.#deliver(member, parsePublish(frame))),
      isFull: () => member.isFull,
    };
    const session = new ConsumerSession(`m${this.members.length}`, window, outlet);
    const member: TestMember = { session, held, isFull: false, newest: new Map() };
    this.members.push(member);
    for (const filter of ["alert", "gap", "visit", "photo", "health", "chunk"]) {
      session.subscribe(this.group, `dv1/+/+/d/${filter}`);
    }
    session.joinComplete();
  }

  leave(at: number): void {
    const [member] = this.members.splice(at % Math.max(1, this.members.length), 1);
    if (member === undefined) return;
    member.isFull = true;
    for (const { told } of member.held) expect(told.isSettled).toBe(false);
    member.session.end();
  }

  acknowledge(at: number, picks: readonly number[]): void {
    const member = this.members[at % Math.max(1, this.members.length)];
    if (member === undefined) return;
    for (const pick of picks) {
      const [taken] = member.held.splice(pick % Math.max(1, member.held.length), 1);
      if (taken === undefined) break;
      taken.told.isSettled = true;
      expect(member.session.acknowledge(taken.id)).toBe(true);
    }
    member.session.settle();
  }

  stall(at: number): void {
    const member = this.members[at % Math.max(1, this.members.length)];
    if (member === undefined) return;
    member.isFull = !member.isFull;
    if (!member.isFull) member.session.resume();
  }

  /** The oldest records that nobody holds at the moment go, as a full budget would have it. */
  drop(count: number): void {
    const inFlight = new Set(this.members.flatMap(({ held }) => held.map(({ told }) => told)));
    const oldest = [...this.told.values()].filter((told) => !told.isSettled && !told.isDropped && !inFlight.has(told));
    for (const told of oldest.filter(({ n }) => n > 0).slice(0, count)) {
      told.isDropped = true;
      this.#dropped.add(told.n);
    }
  }

  #deliver(member: TestMember, { payload, messageId, dup, topic }: Publish): void {
    const serial = Number(payload.toString());
    const told = this.told.get(serial);
    if (told === undefined) throw new Error(`a delivery of ${serial}, which nobody published`);
    const { device, recordClass } = told;
    expect(topic).toBe(topics.data({ tenant: "demo", device: `d${device}` }, recordClass));
    const key = `${device} ${recordClass}`;
    const others = this.members.filter((other) => other !== member);
    const what = `message ${serial}, device ${device}, ${recordClass}`;
    if (others.some(({ held }) => held.some((h) => h.told.device === device))) this.violations.push(`two have ${what}`);
    if (told.isSettled) this.violations.push(`settled, yet delivered: ${what}`);
    if (dup !== told.times > 0) this.violations.push(`DUP is ${dup}, was handed out ${told.times} times: ${what}`);
    if (serial <= (member.newest.get(key) ?? -1)) this.violations.push(`not in order: ${what}`);
    member.newest.set(key, serial);
    told.times += 1;
    member.held.push({ id: messageId, told });
  }

  #checkCursor(recordClass: string, upTo: number): void {
    for (const told of this.told.values()) {
      if (told.n === 0 || told.n > upTo || told.recordClass !== recordClass) continue;
      if (!told.isSettled && !told.isDropped) {
        this.violations.push(`the cursor stands at ${upTo} and has passed ${JSON.stringify(told)}`);
      }
    }
  }
}

type Command =
  | { readonly do: "publish"; readonly device: number; readonly classIndex: number; readonly count: number }
  | { readonly do: "join"; readonly window: number }
  | { readonly do: "acknowledge"; readonly at: number; readonly picks: readonly number[] }
  | { readonly do: "leave" | "stall" | "drop" | "rest" | "settle"; readonly at: number };

const picks = fc.oneof(fc.array(fc.constant(0), { maxLength: 8 }), fc.array(fc.nat(9), { maxLength: 8 }));
const commands = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("publish" as const),
        device: fc.nat(DEVICES - 1),
        classIndex: fc.nat(1),
        count: fc.integer({ min: 1, max: 8 }),
      }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("acknowledge" as const), at: fc.nat(9), picks }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("join" as const), window: fc.integer({ min: 1, max: 6 }) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constantFrom(...(["leave", "stall", "drop", "rest", "settle"] as const)),
        at: fc.nat(9),
      }),
    },
  ),
  { maxLength: 80 },
);

async function perform(scene: Scene, command: Command): Promise<void> {
  switch (command.do) {
    case "publish":
      return await scene.publish(command.device, command.classIndex, command.count);
    case "join":
      if (scene.members.length < 4) scene.join(command.window);
      return;
    case "acknowledge":
      return scene.acknowledge(command.at, command.picks);
    case "leave":
      return scene.leave(command.at);
    case "stall":
      return scene.stall(command.at);
    case "drop":
      return scene.drop(command.at);
    case "rest":
      scene.nowMs += REST_MS;
      return;
    case "settle":
      // Two answers of the journal's thread: what was being read has come.
      await scene.journal.read("visit", 0, 1);
      await scene.journal.read("visit", 0, 1);
      return;
    default:
      command satisfies never;
  }
}

/** Members that acknowledge everything take over, and all that was not dropped must have come to somebody. */
async function finish(scene: Scene): Promise<void> {
  while (scene.members.length > 1) scene.leave(0);
  if (scene.members.length === 0) scene.join(10);
  const [last] = scene.members;
  if (last?.isFull === true) scene.stall(0);
  await until("everything is settled", () => {
    scene.acknowledge(0, new Array<number>(last?.held.length ?? 0).fill(0));
    return [...scene.told.values()].every((told) => told.isSettled || told.isDropped);
  });
  await until("the cursors have followed", () =>
    CLASSES.every((recordClass) => {
      const own = [...scene.told.values()].filter((told) => told.recordClass === recordClass && told.isSettled);
      return scene.journal.cursor(GROUP, recordClass) >= Math.max(0, ...own.map(({ n }) => n));
    }),
  );
}

describe("a consumer group whose members come, go, stall and acknowledge in any order", () => {
  it("loses nothing, keeps each device's order with one member at a time, and says DUP exactly when it is one", async () => {
    const errors: unknown[] = [];
    const file = join(await tempFolder(), "journal.db");
    const onListenerError = (error: unknown) => errors.push(error);
    const journal = await openJournal({ file, classes: CLASSES, readers: { [GROUP]: CLASSES }, onListenerError });
    onTestFinished(() => journal.close());

    await fc.assert(
      fc.asyncProperty(commands, async (plan) => {
        const scene = new Scene(journal);
        try {
          for (const command of plan) {
            await perform(scene, command);
            expect(scene.violations).toEqual([]);
          }
          await finish(scene);
          expect(scene.violations).toEqual([]);
          expect(errors).toEqual([]);
        } finally {
          await scene.group.close();
          for (const recordClass of CLASSES) journal.advance(GROUP, recordClass, journal.newest());
        }
      }),
      { numRuns: process.env.DVORNIK_LONG === undefined ? 60 : 3_000 },
    );
  }, 600_000);
});
