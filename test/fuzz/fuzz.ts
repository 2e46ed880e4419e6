import { once } from "node:events";
import { createConnection } from "node:net";
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { type Closer, closeAll } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import { connectPacket, type RawLogin } from "../support/raw-mqtt.ts";
import { startBystander } from "./bystander.ts";
import { readCorpus } from "./corpus.ts";
import { type FuzzInput, inputs } from "./inputs.ts";
import { type Mode, startTarget, type Target } from "./target.ts";

/** How long, from which seed, and where the gateway's files lie. */
export interface FuzzOptions {
  /** Told of the gateway's process, so that a signal to the fuzzer ends it. */
  readonly onStarted?: (target: Closer) => void;
  readonly mode: Mode;
  readonly seconds: number;
  readonly seed: number;
  readonly folder: string;
}

/** What one mode of the gateway went through. */
export interface FuzzResult {
  readonly mode: Mode;
  readonly seed: number;
  readonly inputs: number;
  readonly bytes: number;
  readonly knownSequences: number;
  readonly residentMiB: {
    readonly idle: number;
    readonly before: number;
    readonly most: number;
    readonly after: number;
  };
  readonly bystander: {
    readonly rounds: number;
    readonly slowestPingMs: number;
    readonly slowestAcknowledgementMs: number;
  };
  /** What the gateway made of it, to see that the bytes got somewhere; undefined where it cannot be asked any more. */
  readonly counts: Awaited<ReturnType<Target["counts"]>> | undefined;
  readonly violations: readonly Violation[];
}

/** What must not happen, and the bytes that did it: of one input if one alone does it again, else of all that may have. */
export interface Violation {
  readonly what: string;
  readonly batchSeed: number;
  readonly inputs: readonly ReportedInput[];
}

type ReportedInput = Omit<FuzzInput, "pieces"> & { readonly hex: readonly string[] };

/** Inputs between two looks at the gateway. */
const BATCH = 50;
const LANES = 4;
/** The gateway answers and closes within this, or the input's connection is cut. */
const CONNECTION_MS = 300;
const LATER_MS = 30;
/** The share of the time that goes by before memory is measured: compiled code and warm heaps are no growth. */
const WARM_UP_SHARE = 0.25;
const GROWTH_BYTES = 20 * 2 ** 20;
const SETTLE_ROUNDS = 4;
const SETTLE_MS = 500;
const MIB = 2 ** 20;

/** Sends what the seed gives for so long; never throws over what the gateway does: that is in `violations`. */
export async function fuzzGateway({ mode, seconds, seed, folder, onStarted }: FuzzOptions): Promise<FuzzResult> {
  const corpus = await readCorpus();
  const target = await startTarget(mode, folder);
  onStarted?.(target);
  const started: Closer[] = [target];
  try {
    const bystander = await startBystander(target);
    started.push(bystander);
    const clientIds = target.logins.map(({ clientId }) => clientId);
    const arbitrary = inputs({ words: target.words, clientIds, corpus });
    const idle = await target.residentBytes();
    let before = 0;
    let most = 0;
    let sent = 0;
    let bytes = 0;
    const violations: Violation[] = [];
    const startMs = performance.now();
    for (let batchSeed = seed; violations.length === 0; batchSeed += 1) {
      const spent = (performance.now() - startMs) / 1000 / seconds;
      if (spent >= 1) break;
      if (before === 0 && spent >= WARM_UP_SHARE) before = await settledBytes(target);
      const batch = fc.sample(arbitrary, { seed: batchSeed, numRuns: BATCH });
      await sendAll(target, batch);
      sent += batch.length;
      bytes += batch.reduce((sum, { pieces }) => sum + pieces.reduce((all, piece) => all + piece.length, 0), 0);
      most = Math.max(most, await target.residentBytes());
      const what = (await target.complaint().catch(String)) ?? bystander.complaints[0];
      if (what === undefined) continue;
      violations.push({ what, batchSeed, inputs: (await culpritsOf(target, batch)).map(reported) });
    }
    const after = violations.length === 0 ? await settledBytes(target) : 0;
    const last = violations.length === 0 ? await target.complaint().catch(String) : undefined;
    if (last !== undefined) violations.push({ what: last, batchSeed: seed, inputs: [] });
    if (before > 0 && after > before + GROWTH_BYTES) {
      violations.push({ what: `grew from ${before} to ${after} bytes`, batchSeed: seed, inputs: [] });
    }
    const { rounds, slowestPingMs, slowestAcknowledgementMs } = bystander;
    const late = bystander.complaints[0];
    if (violations.length === 0 && late !== undefined) violations.push({ what: late, batchSeed: seed, inputs: [] });
    return {
      mode,
      seed,
      inputs: sent,
      bytes,
      knownSequences: corpus.length,
      residentMiB: { idle: mib(idle), before: mib(before), most: mib(most), after: mib(after) },
      bystander: { rounds, slowestPingMs, slowestAcknowledgementMs },
      counts: await target.counts().catch(() => undefined),
      violations,
    };
  } finally {
    await closeAll(started);
  }
}

const mib = (bytes: number): number => Math.round(bytes / MIB);

const reported = ({ pieces, ...input }: FuzzInput): ReportedInput => ({
  ...input,
  hex: pieces.map((piece) => piece.toString("hex")),
});

async function sendAll(target: Target, batch: readonly FuzzInput[]): Promise<void> {
  const rest = [...batch];
  const lane = async () => {
    for (let input = rest.shift(); input !== undefined; input = rest.shift()) await send(target, input);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function connectOf(as: RawLogin, clean: boolean): Packet {
  const packet = connectPacket(as);
  return packet.cmd === "connect" ? { ...packet, clean } : packet;
}

/** One connection from its beginning to its end, whatever the gateway makes of it. */
async function send({ port, logins }: Target, { login, isClean, pieces, leaves }: FuzzInput): Promise<void> {
  const socket = createConnection({ host: "127.0.0.1", port });
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
  });
  socket.on("error", () => socket.destroy());
  socket.setNoDelay(true);
  socket.resume();
  const impatience = setTimeout(() => socket.destroy(), CONNECTION_MS);
  await Promise.race([once(socket, "connect").catch(() => undefined), closed]);
  const as = login === undefined ? undefined : logins[login];
  if (as !== undefined && socket.writable) {
    socket.write(generate(connectOf(as, isClean)));
    // What comes with the CONNECT waits for its answer in another way than what comes after it.
    if (pieces.length % 2 === 1) await Promise.race([once(socket, "data").catch(() => undefined), closed]);
  }
  for (const piece of pieces) {
    if (!socket.writable) break;
    socket.write(piece);
    if (pieces.length > 1) await new Promise(setImmediate);
  }
  if (leaves === "later") await wait(LATER_MS);
  if (leaves === "cut") socket.resetAndDestroy();
  else if (socket.writable) socket.end();
  await closed;
  clearTimeout(impatience);
}

/** Sends a batch again, one by one, to a fresh gateway, until it complains; all of it where it does not. */
async function culpritsOf(target: Target, batch: readonly FuzzInput[]): Promise<readonly FuzzInput[]> {
  await target.restart();
  for (const input of batch) {
    await send(target, input);
    await wait(50);
    if ((await target.complaint().catch(String)) !== undefined) return [input];
  }
  return batch;
}

/** What a client that keeps its session has coming to it is no growth: each session ends with a clean CONNECT. */
async function forgetSessions(target: Target): Promise<void> {
  for (const login of target.logins.keys()) {
    await send(target, { login, isClean: true, pieces: [Buffer.from([0xe0, 0])], leaves: "half-closed" });
  }
}

/** Resident memory once sessions have ended, garbage is collected and the gateway has rested. */
async function settledBytes(target: Target): Promise<number> {
  await forgetSessions(target);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < SETTLE_ROUNDS; i += 1) {
    // A gateway that has ended cannot be asked: that is for its complaint to say.
    await target.collectGarbage().catch(() => undefined);
    await wait(SETTLE_MS);
    least = Math.min(least, await target.residentBytes());
  }
  return least;
}
