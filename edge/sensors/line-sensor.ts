import type { Clock } from "#kit/clock.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { ByteAddress } from "../../firmware-config/settings/byte-address.ts";
import { openByteSource } from "./byte-source.ts";
import { type Instrument, QUIET_MS } from "./instrument.ts";
import type { LaserHours } from "./laser-hours.ts";
import { createSampleWindow } from "./sample-window.ts";
import type { Measurement, Sensor } from "./sensor.ts";
import { createSleepRhythm, type Duty } from "./sleep-rhythm.ts";
import { supportOf } from "./supported.ts";

/** A sensor on a line, whose sleep may change while it runs. */
export interface LineSensor extends Sensor {
  /** Rounds come in another rhythm from now on, the next one after `everyMs`. */
  setDuty(duty: Duty): void;
}

/** An instrument on a line. */
export interface LineSensorOptions {
  readonly name: string;
  readonly instrument: Instrument;
  readonly address: ByteAddress;
  /** Says that the line could not be opened or was lost. */
  readonly onLost: (reason: string) => void;
  readonly random: () => number;
  readonly clock: Clock;
  readonly hours?: LaserHours | undefined;
  readonly duty?: Duty | undefined;
  /** A TCP line on which nothing comes for so long is opened anew, unless the instrument sleeps; 30 s if not said. */
  readonly silentMs?: number;
  /** How often the instrument may say something to the sensor; each second if not said. */
  readonly tickMs?: number;
}

const TICK_MS = 1_000;
const SILENT_MS = 30_000;

/**
 * Any instrument on a serial line or a socket: keeps the line open, wakes the instrument and lets it sleep, counts its
 * laser's hours, and gives the medians of what it said since the last call.
 */
export function openLineSensor(options: LineSensorOptions): LineSensor {
  const { name, instrument, address, onLost, random, clock, hours, tickMs = TICK_MS, silentMs = SILENT_MS } = options;
  const { model, baudRate } = instrument;
  const { warmUpMs = 0, lifeHours } = supportOf(model) ?? {};
  const window = createSampleWindow(warmUpMs, () => clock.monotonicMs());
  let heardMs: number | undefined;
  let hasSpoken = false;
  let tickedMs = clock.monotonicMs();
  // Nothing was heard of the instrument as it is now: it is woken at once.
  const onWake = () => {
    heardMs = undefined;
    window.restart();
    speak();
  };
  const sleep = createSleepRhythm(options.duty, clock, { onSleep: () => speak(), onWake });

  function onBytes(bytes: Uint8Array): void {
    const readings = instrument.read(bytes);
    if (!instrument.wasSound) return;
    heardMs = clock.monotonicMs();
    hasSpoken = true;
    if (sleep.isAwake) window.add(readings);
  }

  function onOpen(): void {
    instrument.reset();
    heardMs = undefined;
    hasSpoken = false;
    // Whether it burnt while the line was away is not known; it is better to doubt half a minute too much.
    window.restart();
    speak();
  }

  function speak(): void {
    for (const bytes of instrument.say({ nowMs: clock.monotonicMs(), isAwake: sleep.isAwake, heardMs }))
      source.write(bytes);
  }

  async function tick(): Promise<void> {
    const nowMs = clock.monotonicMs();
    const isBurning = sleep.isAwake && heardMs !== undefined && nowMs - heardMs <= QUIET_MS;
    if (isBurning) hours?.add(lamp(), nowMs - tickedMs);
    tickedMs = nowMs;
    if (source.isOpen) speak();
  }

  const lamp = (): string => `${model}-${instrument.id ?? name}`;
  const burntHours = (): number => hours?.hoursOf(lamp()) ?? 0;

  async function sample(): Promise<Measurement | undefined> {
    const measurement = window.take();
    sleep.roundIsOver();
    const isWornOut = lifeHours !== undefined && burntHours() > lifeHours;
    if (measurement === undefined || !isWornOut) return measurement;
    return { ...measurement, status: [...measurement.status, "laser-life-exceeded"] };
  }

  function about(): string | null {
    const burnt = lifeHours === undefined ? null : burntWords(burntHours(), lifeHours);
    const words = [instrument.about, burnt, sleep.isAwake ? null : "asleep"].filter((word) => word !== null);
    return words.length === 0 ? null : words.join(", ");
  }

  const maySleep = () => !sleep.isAwake || clock.monotonicMs() - sleep.wokenMs < silentMs;
  const listener = { onOpen, onBytes, onLost };
  const source = openByteSource({ address, listener, random, silentMs, maySleep, baudRate });
  const ticking = every(tickMs, tick, (error) => onLost(messageOf(error)));
  return {
    name,
    model,
    sample,
    setDuty: sleep.setDuty,
    health: () => ({
      isKernels: false,
      isReachable: source.isOpen,
      hasSpoken,
      badFrames: instrument.badFrames,
      trouble: source.trouble,
      about: about(),
    }),
    close: async () => {
      sleep.close();
      await ticking.close();
      await source.close();
    },
  };
}

/** A laser that has burnt so much of its life is to be replaced soon. */
const WORN = 0.9;

function burntWords(hours: number, lifeHours: number): string {
  const words = `laser ${hours.toFixed(0)} of ${lifeHours} h`;
  return hours > WORN * lifeHours ? `${words}: replace the sensor soon` : words;
}
