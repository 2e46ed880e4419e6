import type { Clock } from "#kit/clock.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { ByteAddress } from "../../firmware-config/settings/byte-address.ts";
import { openByteSource } from "./byte-source.ts";
import { type Instrument, QUIET_MS } from "./instrument.ts";
import type { LaserHours } from "./laser-hours.ts";
import { createSampleWindow } from "./sample-window.ts";
import type { Measurement, Sensor } from "./sensor.ts";
import { supportOf } from "./supported.ts";

/** A duty cycle: the instrument works before each round and sleeps until the next one needs it. */
export interface Duty {
  readonly everyMs: number;
  /** Warm-up and measuring before a round; all of `everyMs` or more: it never sleeps. */
  readonly workMs: number;
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
  /** A TCP line on which nothing comes for so long is opened anew; 30 s (and the time that it sleeps) if not said. */
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
export function openLineSensor(options: LineSensorOptions): Sensor {
  const { name, instrument, address, onLost, random, clock, hours, tickMs = TICK_MS } = options;
  const { model, baudRate } = instrument;
  const { warmUpMs = 0, lifeHours } = supportOf(model) ?? {};
  const duty = options.duty !== undefined && options.duty.workMs < options.duty.everyMs ? options.duty : undefined;
  const silentMs = options.silentMs ?? SILENT_MS + (duty?.everyMs ?? 0);
  const window = createSampleWindow(warmUpMs, () => clock.monotonicMs());
  let isAwake = true;
  let heardMs: number | undefined;
  let hasSpoken = false;
  let tickedMs = clock.monotonicMs();
  let waking: NodeJS.Timeout | undefined;

  function onBytes(bytes: Uint8Array): void {
    const readings = instrument.read(bytes);
    if (!instrument.wasSound) return;
    heardMs = clock.monotonicMs();
    hasSpoken = true;
    if (isAwake) window.add(readings);
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
    for (const bytes of instrument.say({ nowMs: clock.monotonicMs(), isAwake, heardMs })) source.write(bytes);
  }

  async function tick(): Promise<void> {
    const nowMs = clock.monotonicMs();
    const isBurning = isAwake && heardMs !== undefined && nowMs - heardMs <= QUIET_MS;
    if (isBurning) hours?.add(lamp(), nowMs - tickedMs);
    tickedMs = nowMs;
    if (source.isOpen) speak();
  }

  function sleepUntilNeeded({ everyMs, workMs }: Duty): void {
    isAwake = false;
    speak();
    clearTimeout(waking);
    waking = setTimeout(() => {
      isAwake = true;
      // Nothing was heard of the instrument as it is now: it is woken at once.
      heardMs = undefined;
      window.restart();
      speak();
    }, everyMs - workMs);
  }

  const lamp = (): string => `${model}-${instrument.id ?? name}`;
  const burntHours = (): number => hours?.hoursOf(lamp()) ?? 0;

  async function sample(): Promise<Measurement | undefined> {
    const measurement = window.take();
    if (duty !== undefined) sleepUntilNeeded(duty);
    const isWornOut = lifeHours !== undefined && burntHours() > lifeHours;
    if (measurement === undefined || !isWornOut) return measurement;
    return { ...measurement, status: [...measurement.status, "laser-life-exceeded"] };
  }

  function about(): string | null {
    const burnt = lifeHours === undefined ? null : burntWords(burntHours(), lifeHours);
    const words = [instrument.about, burnt, isAwake ? null : "asleep"].filter((word) => word !== null);
    return words.length === 0 ? null : words.join(", ");
  }

  const source = openByteSource({ address, listener: { onOpen, onBytes, onLost }, random, silentMs, baudRate });
  const ticking = every(tickMs, tick, (error) => onLost(messageOf(error)));
  return {
    name,
    model,
    sample,
    health: () => ({
      isReachable: source.isOpen,
      hasSpoken,
      badFrames: instrument.badFrames,
      trouble: source.trouble,
      about: about(),
    }),
    close: async () => {
      clearTimeout(waking);
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
