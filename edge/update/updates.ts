import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { UpdateReport, UpdateStage } from "#contract/twin.ts";
import { type SignedUpdate, type UpdateManifest, updateId } from "#contract/updates.ts";
import { backoffMs } from "#kit/backoff.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { wait } from "#kit/wait.ts";
import type { UpdateSink } from "../twin/update-sink.ts";
import { FileChanged } from "./fetch-piece.ts";
import { filesIn, installerOf, type TakeOptions, takeUpdate } from "./take-update.ts";
import { isDiskFull, UpdateRefused, UpdateUnfit } from "./update-refused.ts";

/** What updates need. */
export interface UpdatesOptions extends TakeOptions {
  /** A fleet that hears of an update at once begins within so long, each at a moment of its own. */
  readonly spreadMs: number;
  readonly random: () => number;
}

/** Takes the updates that the cloud wants, one after the other. */
export interface Updates extends UpdateSink, Closer {}

const RETRY = { baseMs: 2_000, maxMs: 15 * 60_000 };
/** A clock that is set, a battery that is charged: looked at so often. */
const LOOK_AGAIN_MS = 10_000;
/** A cloud whose file is not the signed one so many times is not asked before the next day: mobile data costs money. */
const MOST_SPOILED = 3;
const NEXT_DAY_MS = 24 * 3_600_000;
const REASON_LENGTH = 200;

interface Wanted {
  readonly id: string;
  readonly update: SignedUpdate;
  stage: UpdateStage;
  reason: string | undefined;
  attempt: number;
  spoiled: number;
  /** Of the monotonic clock: not tried before. */
  notBeforeMs: number;
}

/** Starts to take updates; nothing is done before some are wanted. */
export function startUpdates(options: UpdatesOptions): Updates {
  const { folder, installers, clock, random, log } = options;
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const closing = new AbortController();
  let wanted: readonly Wanted[] = [];
  /** Each signed by the operator, so there are few. */
  const met = new Map<string, Wanted>();
  // Before the cloud has said what it wants, what was begun before a restart is not to be removed.
  let hasHeard = false;
  let woken = Promise.withResolvers<void>();
  let current = new AbortController();
  for (const installer of installers) {
    installer.onChange(() => {
      for (const one of wanted) sayStanding(one, options);
      tell();
      woken.resolve();
    });
  }

  async function turn(): Promise<void> {
    const untidy = (error: unknown) =>
      log.warn({ event: "updates.untidy", err: error }, "the disk does not take what updates leave to be done");
    if (hasHeard) await sweepFiles(filesIn(folder), wanted).catch(untidy);
    await options.book.settle().catch(untidy);
    for (const one of wanted) {
      if (!isOpen(one) || one.notBeforeMs > clock.monotonicMs()) continue;
      current = new AbortController();
      await attempt(one, options, tell, AbortSignal.any([closing.signal, current.signal]));
      if (!wanted.includes(one)) break;
    }
  }
  async function rest(): Promise<void> {
    const due = wanted.filter(isOpen).map(({ notBeforeMs }) => notBeforeMs - clock.monotonicMs());
    const pause = new AbortController();
    const slept = due.length === 0 ? [] : [wait(Math.max(0, Math.min(...due)), pause.signal)];
    await Promise.race([woken.promise, ...slept]);
    pause.abort();
  }
  async function work(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      woken = Promise.withResolvers();
      try {
        await turn();
        failures = 0;
        await rest();
      } catch (error) {
        log.error({ event: "updates.failed", err: error }, "what is to be done with updates is looked at again");
        await wait(backoffMs(failures, RETRY, random()), closing.signal);
        failures += 1;
      }
    }
  }
  const working = work();

  return {
    want: (updates) => {
      const isFirst = !hasHeard;
      hasHeard = true;
      const next = updates.map((update) => {
        const id = updateId(update.manifest);
        const notBeforeMs = clock.monotonicMs() + random() * options.spreadMs;
        const held = wanted.find(
          (one) => one.id === id && one.update.key === update.key && one.update.sig === update.sig,
        );
        if (held !== undefined) return held;
        // A cloud that takes an update back and wants it again does not make anew what it has cost.
        const { attempt, spoiled, notBeforeMs: rested } = met.get(id) ?? { attempt: 0, spoiled: 0, notBeforeMs };
        const one = { id, update, stage: "waiting" as const, reason: undefined, attempt, spoiled };
        return { ...one, notBeforeMs: Math.max(notBeforeMs, rested) };
      });
      for (const one of wanted) met.set(one.id, one);
      if (!isFirst && next.length === wanted.length && next.every((one) => wanted.includes(one))) return;
      wanted = next;
      for (const one of wanted) sayStanding(one, options);
      current.abort();
      tell();
      woken.resolve();
    },
    reports: () => [
      ...wanted.map((one) => reportOf({ ...one, manifest: one.update.manifest })),
      ...takenBack(wanted, options),
    ],
    trouble: () => options.book.trouble,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      closing.abort();
      woken.resolve();
      await working;
    },
  };
}

/** Not decided yet: of the others nothing is to be done, or only their installer does it. */
const isOpen = ({ stage }: Wanted): boolean => stage === "waiting" || stage === "downloading" || stage === "testing";

function say(one: Wanted, stage: UpdateStage, reason?: string): void {
  one.stage = stage;
  one.reason = reason?.slice(0, REASON_LENGTH);
}

/** What is known of it from before: how it stands, or that it failed its test. */
function sayStanding(one: Wanted, { installers, book }: UpdatesOptions): void {
  const { manifest } = one.update;
  const standing = installerOf(installers, manifest)?.standing(one.id, manifest);
  const failure = book.failureOf(one.id);
  if (standing !== undefined) say(one, standing.stage, standing.reason);
  else if (failure !== undefined) say(one, "refused", failure);
}

async function attempt(one: Wanted, options: UpdatesOptions, tell: () => void, signal: AbortSignal): Promise<void> {
  const onProgress = () => {
    one.attempt = 0;
  };
  const hear = (stage: UpdateStage) => {
    say(one, stage);
    tell();
  };
  try {
    await takeUpdate(one, options, { say: hear, onProgress }, signal);
    sayStanding(one, options);
  } catch (error) {
    if (!signal.aborted) await giveUp(one, error, options);
  } finally {
    tell();
  }
}

/** An update that was refused stays so; any other is tried again. */
async function giveUp(one: Wanted, error: unknown, { book, clock, random, log }: UpdatesOptions): Promise<void> {
  const { id, stage } = one;
  const reason = isDiskFull(error) ? "the disk is full" : messageOf(error);
  if (error instanceof UpdateUnfit) {
    log.info({ event: "update.unfit", id, reason }, "an update is not for this device");
    return say(one, "unfit", reason);
  }
  if (error instanceof UpdateRefused) {
    log.error({ event: "update.refused", id, reason }, "an update is refused");
    say(one, "refused", reason);
    // What failed here is not tried again; what was only judged is judged anew after a start with other settings.
    if (stage === "testing") await book.fail(id, reason);
    return;
  }
  if (error instanceof FileChanged) one.spoiled += 1;
  const backoff = one.spoiled >= MOST_SPOILED ? NEXT_DAY_MS : backoffMs(one.attempt, RETRY, random());
  one.notBeforeMs = clock.monotonicMs() + (stage === "waiting" ? LOOK_AGAIN_MS : backoff);
  if (stage !== "waiting") one.attempt += 1;
  if (one.reason !== reason) log.warn({ event: "update.waits", id, err: error }, "an update waits");
  say(one, "waiting", reason);
}

/** Removes downloaded files that no open update wants. */
async function sweepFiles(files: string, wanted: readonly Wanted[]): Promise<void> {
  const kept = new Set(wanted.filter(isOpen).flatMap((one) => one.update.manifest.files.map(({ sha256 }) => sha256)));
  for (const name of await readdir(files).catch(() => [])) {
    if (!kept.has(name.replace(/\.part$/, ""))) await rm(join(files, name), { force: true });
  }
}

/** What was switched to and is not wanted any more: a cloud that took it back still hears what became of it here. */
function takenBack(wanted: readonly Wanted[], { installers, book }: UpdatesOptions): readonly UpdateReport[] {
  return book.accepted().flatMap(({ id, manifest }) => {
    if (wanted.some((one) => one.id === id)) return [];
    const standing = installerOf(installers, manifest)?.standing(id, manifest);
    return standing === undefined ? [] : [reportOf({ id, manifest, ...standing })];
  });
}

interface Standpoint {
  readonly id: string;
  readonly manifest: UpdateManifest;
  readonly stage: UpdateStage;
  readonly reason: string | undefined;
}

const reportOf = ({ id, manifest, stage, reason }: Standpoint): UpdateReport => ({
  id,
  kind: manifest.kind,
  name: manifest.name,
  version: manifest.version,
  counter: manifest.counter,
  stage,
  ...(reason !== undefined && reason !== "" && { reason }),
});
