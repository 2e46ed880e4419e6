import type { SampleStatus } from "#contract/messages.ts";
import type { SensorValues } from "./sensor.ts";

/** One measurement as an instrument sends it. */
export interface InstrumentReading {
  readonly values: SensorValues;
  /** Faults that the instrument reports of itself. */
  readonly status: readonly SampleStatus[];
}

/** What an instrument is told when it is asked what to say to it. */
export interface Moment {
  readonly nowMs: number;
  /** Whether it shall measure now; it sleeps otherwise. */
  readonly isAwake: boolean;
  /** When it last said something sound since the line was opened or it was to wake, or undefined. */
  readonly heardMs: number | undefined;
}

/**
 * The language of one kind of instrument on a serial line: bytes in, measurements and bytes out. It has no clock, no
 * timer and no line of its own, so that it can be tried with bytes alone; `line-sensor.ts` gives it those.
 */
export interface Instrument {
  readonly model: string;
  readonly baudRate: number;
  /** Its own number where it tells one: laser hours are counted for it. */
  readonly id: string | undefined;
  /** What it says of itself, for a person. */
  readonly about: string | null;
  readonly badFrames: number;
  /** The measurements that these bytes complete. Never throws, whatever the bytes are. */
  read(bytes: Uint8Array): readonly InstrumentReading[];
  /** Whether the bytes read last held anything sound, be it a measurement or an answer. */
  readonly wasSound: boolean;
  /** What to say now. Asked when the line opens, when it shall wake or sleep, and then each second. */
  say(moment: Moment): readonly Uint8Array[];
  /** A new connection: nothing that was said before counts. */
  reset(): void;
}

/** An instrument that is awake and says nothing for so long is woken again: most of ours speak each second. */
export const QUIET_MS = 3_000;

/** Whether an instrument that shall be awake has to be woken (again). */
export const isQuiet = ({ nowMs, heardMs }: Moment): boolean => heardMs === undefined || nowMs - heardMs >= QUIET_MS;

/** An instrument that does not understand a question is not asked for ever (on one line). */
export const MOST_TRIES = 5;
