import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { ModelPlace } from "../visits/judge.ts";
import { checkSoftware } from "./check-software.ts";
import type { Installer } from "./installer.ts";
import { openSoftwareStore, type StartedAs } from "./software-store.ts";
import { UpdateRefused } from "./update-refused.ts";

/** What software updates need. */
export interface SoftwareUpdatesOptions {
  readonly folder: string;
  readonly startedAs: StartedAs;
  /** The settings, as the new program will get them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly model: () => ModelPlace;
  /** A trial that is not proven by then has failed. */
  readonly trialMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends this program, so that the launcher starts the right one. */
  readonly restart: () => void;
}

/** The program itself: it is replaced by updates, and returned from. */
export interface SoftwareUpdates extends Installer, Closer {
  /** Begins to watch a trial; `missing` says what the device still lacks to be proven (a connection), or undefined. */
  prove(missing: () => string | undefined): void;
}

const LOOK_EVERY_MS = 1_000;
/** So long everything must be well, without a break. */
const WELL_MS = 60_000;
/** A bundle unpacks to less than three times its size. */
const UNPACKED = 4;

/** Opens the software of a device; a trial that ended in another program is told of. */
export async function openSoftwareUpdates(options: SoftwareUpdatesOptions): Promise<SoftwareUpdates> {
  const { folder, startedAs, environment, trialMs, clock, log, restart } = options;
  const store = await openSoftwareStore(folder, startedAs);
  const listeners = new Set<() => void>();
  let watch: Closer | undefined;

  const finish = async (isWell: boolean, reason: string) => {
    log.warn(
      { event: isWell ? "software.proven" : "software.returned", reason },
      "the trial of new software has ended",
    );
    if (isWell) await store.confirm(reason);
    else await store.fail(reason);
    for (const listener of listeners) listener();
    if (!isWell) restart();
  };

  return {
    kind: "software",
    name: "edge",
    installed: undefined,
    busy: () => {
      if (startedAs === undefined) return "this program was not started by bin/dvornik-launch, which replaces it";
      return store.trial() === undefined ? undefined : "other software is on trial";
    },
    standing: (id) => {
      if (store.trial()?.id === id) return { stage: "trial", reason: "" };
      const ended = store.ended(id);
      return ended === undefined ? undefined : { stage: ended.isWell ? "active" : "returned", reason: ended.reason };
    },
    roomFor: ({ files }) => UNPACKED * files.reduce((sum, { bytes }) => sum + bytes, 0),
    test: async (update, files, signal) => {
      const [archive, ...more] = update.files;
      if (archive === undefined || more.length > 0) throw new UpdateRefused("software is one archive");
      const staged = await store.stage(update, join(files, archive.sha256));
      const answer = await checkSoftware(staged, update, { environment, model: options.model() }, signal);
      return {
        why: `${answer.software} passed its self-test`,
        begin: async () => {
          await store.begin(update);
          restart();
        },
      };
    },
    onChange: (listener) => void listeners.add(listener),
    prove: (missing) => {
      if (startedAs !== "trial" || store.trial() === undefined) return;
      const startedMs = clock.monotonicMs();
      const wellMs = Math.min(WELL_MS, trialMs / 5);
      let wellSinceMs: number | undefined;
      let hasEnded = false;
      const look = async () => {
        const nowMs = clock.monotonicMs();
        const lack = missing();
        wellSinceMs = lack === undefined ? (wellSinceMs ?? nowMs) : undefined;
        const isWell = wellSinceMs !== undefined && nowMs - wellSinceMs >= wellMs;
        if (hasEnded || (!isWell && nowMs - startedMs < trialMs)) return;
        hasEnded = true;
        if (isWell) await finish(true, "it is connected and sends");
        else await finish(false, `within ${Math.round(trialMs / 1000)} s it was not proven: ${lack ?? "not for long"}`);
      };
      watch = every(LOOK_EVERY_MS, look, (error) => {
        hasEnded = false;
        log.error({ event: "software.unkept", err: error }, "how the trial of new software ended could not be kept");
      });
    },
    close: async () => {
      await watch?.close();
    },
  };
}
