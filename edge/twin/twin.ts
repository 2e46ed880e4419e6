import type { Reported } from "#contract/twin.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import type { Camera } from "../camera/camera.ts";
import type { DeviceTime } from "../health/device-time.ts";
import { judgeSettings, type Refusal, refusal, shorten } from "./judge-settings.ts";
import { keepNewest, type Wants } from "./newest-want.ts";
import type { OpenedSettings } from "./open-settings.ts";
import { cameraTrouble } from "./prove-camera.ts";
import { readDesired } from "./read-desired.ts";
import { type RunningSettings, runSettings } from "./running-settings.ts";
import { keepTwin, type TwinKeeper } from "./twin-keeper.ts";
import { isFromFuture, provenWithin, revThatCounts, waitsForTrial } from "./twin-state.ts";
import { type PublishReported, type TwinTalk, talkOver } from "./twin-talk.ts";
import type { UpdateSink } from "./update-sink.ts";

/** How the twin stands: what is reported, and why it is not kept. */
export type TwinStatus = Readonly<Pick<Reported, "rev" | "settings" | "refused" | "onTrial" | "needsRestart">> & {
  readonly trouble: string | null;
};

/** The device's half of its twin. */
export interface Twin extends Closer {
  /** The settings in force. */
  config(): EdgeConfig;
  status(): TwinStatus;
  /** Calls back with the settings when some of them have changed that count at once. */
  onLive(listener: (config: EdgeConfig) => void): void;
  /** Calls back when the broker, or what it is trusted by, has changed: the next connection must use it. */
  onReconnect(listener: () => void): void;
  /** Calls back, once, when the program must end so that it starts with other settings. */
  onRestart(listener: () => void): void;
  /** Something is wanted. */
  want(bytes: Uint8Array): void;
  /** Something is wanted that was too large to be taken. */
  wantTooLarge(bytes: number): void;
  /** A camera that is on trial must answer a look. */
  watchCamera(camera: Pick<Camera, "check"> | undefined): void;
  /** A connection was accepted: what is in force is said over it, until the answer is called. */
  begin(publish: PublishReported): () => void;
}

/** What a twin asks of the device's time. */
export type TwinTime = Pick<DeviceTime, "boot" | "stamp">;

/** What a twin needs. */
export interface TwinOptions {
  readonly opened: OpenedSettings;
  readonly time: TwinTime;
  readonly updates: UpdateSink;
  readonly clock: Clock;
  readonly log: Logger;
}

const MOST_UPDATES = 16;
const TICK_MS = 5_000;
/** In tenths of a trial, so that a short one is not measured too coarsely. */
const TICK_PER_MIN_MS = 6_000;

/**
 * Takes the settings that the cloud wants, applies them, says what is in force, and goes back to the last good ones where
 * they cut the device off. Never rejects and never throws, whatever comes.
 */
export function startTwin({ opened, time, updates, clock, log }: TwinOptions): Twin {
  const running = runSettings(opened, log);
  const keeper = keepTwin(opened, running.follow, log);
  const wants = takeWants(opened, keeper, running, updates, time);
  let talk: TwinTalk | undefined;

  const status = () => statusOf(keeper, running, wants.refused);
  const reported = () => {
    // A program that is about to start again says it then: until it does, what was decided on is not in force.
    if (running.isSupervised && !running.isWith(keeper.state)) return undefined;
    const { trouble: _, ...known } = status();
    const report: Reported = { v: 1, boot: time.boot, ...known, updates: updates.reports().slice(-MOST_UPDATES) };
    return JSON.stringify(report);
  };

  // One thing after the other, however fast they come.
  let queue = Promise.resolve();
  const enqueue = (task: () => Promise<unknown>) => {
    queue = queue
      .then(task)
      .then(() => talk?.say())
      .catch((error: unknown) => log.error({ event: "twin.failed", err: error }, "the twin could not be followed"));
  };
  /** What a connection shows counts for the broker that it was made to, and for settings that the program runs with. */
  const shows = (broker: number, kind: "connected" | "acknowledged") =>
    enqueue(async () => {
      if (broker === running.broker && running.isWith(keeper.state)) await keeper.step({ kind });
    });

  const newest = keepNewest(wants, clock);
  let camera: Pick<Camera, "check"> | undefined;

  let lastMs = clock.monotonicMs();
  const pass = async () => {
    const ms = clock.monotonicMs() - lastMs;
    lastMs += ms;
    if (newest.waits) await newest.take();
    else await wants.again();
    if (!running.isWith(keeper.state)) return;
    const trouble = await cameraTrouble(provenWithin(keeper.state, ms), camera);
    await keeper.step({ kind: "passed", ms, isConnected: talk !== undefined, trouble });
  };
  const tickMs = Math.min(TICK_MS, opened.config.TWIN_TRIAL_MIN * TICK_PER_MIN_MS);
  const ticks = every(
    tickMs,
    async () => enqueue(pass),
    () => {},
  );
  const stopListening = updates.onChange(() => talk?.say());

  return {
    config: () => running.config,
    status,
    onLive: running.onLive,
    onReconnect: running.onReconnect,
    onRestart: running.onRestart,
    want: (bytes) => {
      // A twin that was cleared wants nothing: what is in force stays.
      if (bytes.length === 0) return;
      if (!newest.offer(bytes)) enqueue(newest.take);
    },
    wantTooLarge: (bytes) => wants.refuse(`is a packet of ${bytes} bytes; it is looked at again within the hour`),
    watchCamera: (one) => {
      camera = one;
    },
    begin: (publish) => {
      const { broker } = running;
      const mine = talkOver(publish, reported, () => shows(broker, "acknowledged"));
      talk = mine;
      shows(broker, "connected");
      return () => {
        if (talk === mine) talk = undefined;
      };
    },
    close: async () => {
      stopListening();
      await ticks.close();
      await queue;
    },
  };
}

/** UTC where GPS or NTP vouches for it. */
function trustedMs(time: TwinTime): number | null {
  const { at, clock } = time.stamp();
  return clock === "gps" || clock === "ntp" ? at : null;
}

function statusOf({ state, trouble }: TwinKeeper, running: RunningSettings, refused: Refusal | undefined): TwinStatus {
  const isWith = running.isWith(state);
  return {
    rev: state.rev,
    settings: { ...running.overlay },
    refused: [...shorten([...(refused === undefined ? [] : [refused]), ...state.refused])],
    onTrial: state.trial !== null && isWith,
    ...(!isWith && !running.isSupervised && { needsRestart: true }),
    trouble,
  };
}

function takeWants(
  opened: OpenedSettings,
  keeper: TwinKeeper,
  running: RunningSettings,
  updates: UpdateSink,
  time: TwinTime,
): Wants {
  let refused: Refusal | undefined;
  let unkept: Uint8Array | undefined;
  const refuse = (reason: string) => {
    refused = refusal("*", `what is wanted ${reason}`);
  };
  /** It is looked at again with each tick. */
  const wait = (bytes: Uint8Array, reason: string) => {
    unkept = bytes;
    refuse(`waits: ${reason}`);
  };
  const take = async (bytes: Uint8Array) => {
    unkept = undefined;
    refused = undefined;
    const wanted = readDesired(bytes);
    if (typeof wanted === "string") return refuse(wanted);
    const { rev } = wanted;
    const nowMs = trustedMs(time);
    if (isFromFuture(rev, nowMs)) return refuse(`has rev ${rev}, which is a time in the future`);
    const known = revThatCounts(keeper.state, nowMs);
    if (known !== null && rev < known) {
      // Once the time is known that rev may turn out to be from the future.
      if (nowMs === null) unkept = bytes;
      return refuse(`has rev ${rev}, and ${known} was decided on already`);
    }
    const { settings, refused: unfit } = judgeSettings(wanted.settings, opened.installed);
    const judged = { settings, refused: shorten([...wanted.refused, ...unfit]) };
    if (running.isWith(keeper.state) && waitsForTrial(keeper.state, settings, opened.rules)) {
      return wait(bytes, `it needs a restart, and ${keeper.state.rev} must prove itself first`);
    }
    const trialMs = running.config.TWIN_TRIAL_MIN * 60_000;
    if (await keeper.step({ kind: "wanted", rev, judged, trialMs, nowMs })) return updates.want(wanted.updates);
    return wait(bytes, String(keeper.trouble));
  };
  return {
    get refused() {
      return refused;
    },
    take,
    refuse,
    again: async () => {
      if (unkept !== undefined) await take(unkept);
    },
  };
}
