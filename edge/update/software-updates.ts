import { join } from "node:path";
import { type UpdateManifest, updateId } from "#contract/updates.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { ModelPlace } from "../visits/judge.ts";
import { checkSoftware } from "./check-software.ts";
import type { Installer, Standing } from "./installer.ts";
import type { Returned } from "./software-notes.ts";
import type { Proof } from "./software-proof.ts";
import { openSoftwareStore, type SoftwareStore, type StartedAs } from "./software-store.ts";
import { linkSince, MOST_TRIES, type TrialEnd, trialOf } from "./software-trial.ts";
import { UpdateRefused, UpdateWaits } from "./update-refused.ts";

/** What software updates need. */
export interface SoftwareUpdatesOptions {
  readonly folder: string;
  readonly startedAs: StartedAs;
  /** What runs; its counter where its bundle has one. */
  readonly running: { readonly version: string; readonly counter?: number | undefined };
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
  /** Begins to watch a trial, or the link after one that met none. */
  prove(look: () => Proof): void;
}

const LOOK_EVERY_MS = 1_000;
/** A bundle unpacks to less than three times its size. */
const UNPACKED = 4;

/** Opens the software of a device; a trial that ended in another program is told of. */
export async function openSoftwareUpdates(options: SoftwareUpdatesOptions): Promise<SoftwareUpdates> {
  const { folder, startedAs, running, environment, trialMs, clock, log, restart } = options;
  const store = await openSoftwareStore(folder, startedAs);
  await store.settle().catch(sayUnkept(log));
  const listeners = new Set<() => void>();
  let watch: Closer | undefined;
  const isHere = ({ counter, version }: UpdateManifest) =>
    startedAs !== "trial" &&
    (store.isCurrent({ counter, version }) || (counter === running.counter && version === running.version));

  let isSteady = false;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const finish = async ({ isWell, reason, mayBeLink }: TrialEnd) => {
    log.warn(
      { event: isWell ? "software.proven" : "software.returned", reason },
      "the trial of new software has ended",
    );
    if (isWell) await store.confirm(reason);
    else await store.fail(reason, mayBeLink);
    tell();
    if (!isWell) restart();
  };
  const beginTrial = async (update: UpdateManifest) => {
    await store.begin(update);
    restart();
  };
  const watchTrial = (look: () => Proof) => {
    const follow = trialOf(trialMs, clock.monotonicMs());
    let hasEnded = false;
    const round = async () => {
      const end = hasEnded ? undefined : follow(look(), clock.monotonicMs());
      if (end === undefined) return;
      hasEnded = true;
      await finish(end).catch((error: unknown) => {
        hasEnded = false;
        throw error;
      });
    };
    return every(LOOK_EVERY_MS, round, (error) => {
      log.error({ event: "software.unkept", err: error }, "how the trial of new software ended could not be kept");
    });
  };
  const watchLink = (look: () => Proof) => {
    const follow = linkSince(clock.monotonicMs());
    const round = async () => {
      const returned = store.returned();
      if (returned === undefined) return;
      const answer = follow(look().isConnected, clock.monotonicMs());
      isSteady = answer.isSteady;
      if (returned.verdict !== "asked" || answer.isToBlame === undefined) return;
      const { isToBlame } = answer;
      log.warn({ event: "software.judged", isToBlame, reason: returned.reason }, "new software had met no link");
      await store.judge(isToBlame);
      tell();
    };
    return every(LOOK_EVERY_MS, round, (error) => {
      log.error({ event: "software.unkept", err: error }, "what became of new software could not be kept");
    });
  };

  return {
    kind: "software",
    name: "edge",
    floor: Math.max(store.floor, running.counter ?? 0),
    settle: store.settle,
    busy: () => {
      if (startedAs === undefined) return "this program was not started by bin/dvornik-launch, which replaces it";
      return store.trial() === undefined ? undefined : "other software is on trial";
    },
    standing: (id, update) => standingIn(store, id) ?? (isHere(update) ? HERE : undefined),
    again: (update) => {
      const returned = store.returned();
      if (returned === undefined || returned.id !== updateId(update)) return undefined;
      const mayBegin = returned.verdict === "blameless" && returned.tries < MOST_TRIES && isSteady;
      if (!mayBegin) throw new UpdateWaits(whyItWaits(returned));
      return { why: `trial ${returned.tries + 1}: there is a link now`, begin: () => beginTrial(update) };
    },
    roomFor: ({ files }) => UNPACKED * files.reduce((sum, { bytes }) => sum + bytes, 0),
    test: async (update, files, signal) => {
      const [archive, ...more] = update.files;
      if (archive === undefined || more.length > 0) throw new UpdateRefused("software is one archive");
      const staged = await store.stage(update, join(files, archive.sha256));
      const answer = await checkSoftware(staged, update, { environment, model: options.model() }, signal);
      return { why: `${answer.software} passed its self-test`, begin: () => beginTrial(update) };
    },
    onChange: (listener) => void listeners.add(listener),
    prove: (look) => {
      if (startedAs === "trial" && store.trial() !== undefined) watch = watchTrial(look);
      else if (store.returned() !== undefined) watch = watchLink(look);
    },
    close: async () => {
      await watch?.close();
    },
  };
}

/** What came with the device, or whose notes were lost. */
const HERE: Standing = { stage: "active", reason: "it is what runs here" };

function standingIn(store: SoftwareStore, id: string): Standing | undefined {
  if (store.trial()?.id === id) return { stage: "trial", reason: "" };
  const returned = store.returned();
  if (returned?.id === id) return { stage: "waiting", reason: whyItWaits(returned) };
  const ended = store.ended(id);
  return ended === undefined ? undefined : { stage: ended.isWell ? "active" : "returned", reason: ended.reason };
}

const sayUnkept = (log: Logger) => (error: unknown) =>
  log.error({ event: "software.unkept", err: error }, "how the last trial of software ended could not be kept");

/** At most 200 letters of it are reported. */
function whyItWaits({ reason, verdict, tries }: Returned): string {
  if (verdict === "asked") return `${reason}; whether the link was away shows within two minutes`;
  if (tries >= MOST_TRIES) return `${reason}; ${tries} trials met no link: sign it with the next counter`;
  return `${reason}; there was no link before it either: tried again when there is one`;
}
