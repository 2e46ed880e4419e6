import { createHash } from "node:crypto";
import { join } from "node:path";
import { pino } from "pino";
import { makeKeyPair } from "#contract/ed25519.ts";
import { chainHash, signVisit } from "#contract/evidence.ts";
import type { Sample, VisitPhoto } from "#contract/messages.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { classOfStream, RECORD_CLASSES, type RecordClass } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { systemClock } from "#kit/clock.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { type WatchedTime, watchTime } from "../../../edge/health/device-time.ts";
import { openJournalOutbox, UPLINK_READER } from "../../../edge/outbox/journal-outbox.ts";
import type { NewMessage } from "../../../edge/outbox/new-message.ts";
import type { Outbox } from "../../../edge/outbox/outbox.ts";
import { outboxBudget } from "../../../edge/outbox/outbox-budget.ts";
import { startMqttUplink } from "../../../edge/uplink/mqtt-uplink.ts";
import type { Uplink } from "../../../edge/uplink/uplink.ts";
import { photoMessages, sha256Of } from "../../../edge/visits/photo-messages.ts";
import { type SimulatedClocks, startClocks, type World } from "./world.ts";

/** What a device of the month is and where its data lie. */
export interface MonthDeviceOptions {
  readonly address: Address;
  readonly folder: string;
  readonly outboxBytes: number;
  readonly brokerUrl: string;
  readonly token: string;
  readonly world: World;
}

/** A device built of the agent's own outbox, budget, gaps, time and uplink; what it says is put together here. */
export interface MonthDevice {
  /** Messages that were appended and records that were dropped, by class. */
  readonly said: Readonly<Record<RecordClass, number>>;
  dropped(): Readonly<Record<RecordClass, number>>;
  readonly visits: ReadonlyMap<string, { readonly startedMs: number; readonly endedMs: number }>;
  /** Starts the machine; the one before is off. */
  start(boot: string): Promise<void>;
  stop(): Promise<void>;
  /** One look at the clocks; a health message when the time has become known. */
  look(): Promise<void>;
  /** Takes a sample of each sensor whose value is `round`. */
  measure(round: number): void;
  sayHealth(): void;
  sayAlert(): Promise<void>;
  /** Appends what was measured and said since. */
  flush(): Promise<void>;
  takeBefore(site: string, jpeg: Uint8Array): void;
  takeAfter(jpeg: Uint8Array): Promise<void>;
  connect(): void;
  disconnect(): Promise<void>;
  pending(): number;
}

/** Rounds in one reading. */
const ROUNDS_PER_PACK = 10;
const MODEL = createHash("sha256").update("model").digest("hex");
const SENSORS = [
  { name: "sds011", field: "pm25" },
  { name: "bme280", field: "temperature" },
] as const;
const CHAIN_HEAD = "chainHead";
const LOG_NAME = "log-month";
const log = pino({ level: "silent" });

interface Running {
  readonly clocks: SimulatedClocks;
  readonly time: WatchedTime;
  readonly outbox: Outbox;
}

interface Shot {
  readonly photo: VisitPhoto;
  readonly jpeg: Uint8Array;
  readonly trueMs: number;
}

export function createMonthDevice(options: MonthDeviceOptions): MonthDevice {
  const { address, folder, outboxBytes, brokerUrl, token, world } = options;
  const counters = createCounters();
  const { privateKeyPem, publicKey } = makeKeyPair();
  const said = { alert: 0, visit: 0, reading: 0, health: 0, chunk: 0 };
  const visits = new Map<string, { startedMs: number; endedMs: number }>();
  let running: Running | undefined;
  let uplink: Uplink | undefined;
  let packs = new Map<string, Sample[]>();
  let waiting: NewMessage[] = [];
  let begun: { readonly site: string; readonly before: Shot } | undefined;

  const now = (): Running => {
    if (running === undefined) throw new Error("the device is off");
    return running;
  };
  const append = async (messages: readonly NewMessage[], values?: Readonly<Record<string, string>>) => {
    await now().outbox.append(messages, values);
    for (const { kind } of messages) said[classOfStream(kind)] += 1;
  };
  const flush = async () => {
    const messages = waiting;
    waiting = [];
    if (messages.length > 0) await append(messages);
  };
  const pack = (name: string, samples: Sample[]) => {
    const stamp = now().time.stamp();
    // As edge/cycle.ts does: a sample says its own clock only where it differs.
    const own = samples.map(({ clock, ...sample }) => ({ ...sample, ...(clock !== stamp.clock && { clock }) }));
    waiting.push({ kind: "reading", ...stamp, sensor: name, model: name, samples: own });
  };
  const sayHealth = () => {
    const { time, outbox } = now();
    const { total, oldest } = outbox.pending();
    const facts = { software: "month", model: null, oldestPending: oldest, pending: total, errors: {} };
    waiting.push({ kind: "health", ...time.stamp(), ...facts });
  };
  const shoot = (role: VisitPhoto["role"], jpeg: Uint8Array): Shot => {
    const { at: takenAt, boot, up } = now().time.stamp();
    const moment = takenAt === null ? { takenAt, boot, up } : { takenAt };
    const verdict = { state: role === "before" ? "overflow" : "clean", probabilities: null, model: MODEL } as const;
    return { photo: { role, sha: sha256Of(jpeg), ...moment, ...verdict }, jpeg, trueMs: world.nowMs };
  };

  return {
    said,
    dropped: () => {
      const counted = counters.snapshot();
      const of = (name: RecordClass) => counted[`dropped-${name}`] ?? 0;
      return {
        alert: of("alert"),
        visit: of("visit"),
        reading: of("reading"),
        health: of("health"),
        chunk: of("chunk"),
      };
    },
    visits,
    start: async (boot) => {
      const clocks = startClocks(world, join(folder, "clocks"));
      const { clock, host, satellites } = clocks;
      const uptimeMs = clock.monotonicMs;
      const time = watchTime({ clock, boot: { id: boot, upMs: 0 }, uptimeMs, host, satellites, onJump: () => {} });
      const device = { ...time, close: async () => {} };
      const budget = outboxBudget(outboxBytes, { address, time: device, counters, log });
      const file = join(folder, "outbox.sqlite");
      const readers = { [UPLINK_READER]: RECORD_CLASSES };
      const journal = await openJournal({ file, classes: RECORD_CLASSES, readers, budget });
      running = { clocks, time, outbox: openJournalOutbox(journal, address, LOG_NAME) };
      time.onBetter(sayHealth);
      clocks.tick();
      await time.look();
    },
    stop: async () => {
      for (const [name, samples] of packs) pack(name, samples);
      packs = new Map();
      await flush();
      await now().outbox.close();
      running = undefined;
    },
    look: async () => {
      const { clocks, time } = now();
      clocks.tick();
      await time.look();
    },
    measure: (round) => {
      const { at, clock, up } = now().time.stamp();
      for (const { name, field } of SENSORS) {
        const samples = [...(packs.get(name) ?? []), { at, clock, up, values: { [field]: round } }];
        packs.set(name, samples);
        if (samples.length < ROUNDS_PER_PACK) continue;
        packs.delete(name);
        pack(name, samples);
      }
    },
    sayHealth,
    sayAlert: () => append([{ kind: "alert", ...now().time.stamp(), what: "tamper" }]),
    flush,
    takeBefore: (site, jpeg) => {
      begun = { site, before: shoot("before", jpeg) };
    },
    takeAfter: async (jpeg) => {
      if (begun === undefined) return;
      const { site, before } = begun;
      begun = undefined;
      const after = shoot("after", jpeg);
      const { time, outbox } = now();
      const stamp = time.stamp();
      const body = {
        kind: "visit" as const,
        ...stamp,
        visit: `visit-${visits.size}`,
        site,
        startedAt: before.photo.takenAt,
        endedAt: after.photo.takenAt,
        photos: [before.photo, after.photo],
        prev: outbox.value(CHAIN_HEAD) ?? null,
      };
      const visit = { ...body, sig: signVisit(body, privateKeyPem) };
      const photos = [before, after].flatMap((shot) => photoMessages(shot.jpeg, stamp));
      await append([visit, ...photos], { [CHAIN_HEAD]: chainHash(visit) });
      visits.set(visit.visit, { startedMs: before.trueMs, endedMs: after.trueMs });
    },
    connect: () => {
      const { time, outbox } = now();
      const login = { url: brokerUrl, clientId: clientIdOf(address), username: clientIdOf(address), token };
      uplink = startMqttUplink({
        signIn: { login: async () => login, onNew: () => {}, doubt: () => {} },
        address,
        outbox,
        twin: { want: () => {}, wantTooLarge: () => {}, begin: () => () => {}, onReconnect: () => {} },
        state: () => ({ v: 1, boot: time.boot, software: "month", model: null, publicKey }),
        clock: systemClock,
        random: Math.random,
        counters,
        log,
      });
    },
    disconnect: async () => {
      await uplink?.close();
      uplink = undefined;
    },
    pending: () => now().outbox.pending().total,
  };
}
