import type { InstrumentReading } from "./instrument.ts";
import { medianValues } from "./median.ts";
import type { Measurement } from "./sensor.ts";

/** Gathers what an instrument says between two rounds. */
export interface SampleWindow {
  add(readings: readonly InstrumentReading[]): void;
  /** The medians since the last call, or undefined where nothing was said; begins the next window. */
  take(): Measurement | undefined;
  /** The instrument was switched on just now: it warms up, and what came before is forgotten. */
  restart(): void;
}

/** A round that never comes must not fill the memory: two hours of a sensor that speaks each second. */
const MOST_READINGS = 7_200;

interface Heard extends InstrumentReading {
  readonly isWarm: boolean;
}

/** A window that begins now. What was said while warming up counts only where there is nothing else, and is marked. */
export function createSampleWindow(warmUpMs: number, nowMs: () => number): SampleWindow {
  let heard: Heard[] = [];
  let warmFromMs = nowMs() + warmUpMs;
  let sinceMs = nowMs();
  return {
    add: (readings) => {
      const isWarm = nowMs() >= warmFromMs;
      heard.push(...readings.map((reading) => ({ ...reading, isWarm })));
      if (heard.length > MOST_READINGS) heard = heard.slice(-MOST_READINGS);
    },
    take: () => {
      const [all, fromMs, toMs] = [heard, sinceMs, nowMs()];
      heard = [];
      sinceMs = toMs;
      if (all.length === 0) return undefined;
      const warm = all.filter(({ isWarm }) => isWarm);
      const isCold = warm.length === 0;
      const used = isCold ? all : warm;
      const status = [...(isCold ? ["warming-up" as const] : []), ...used.flatMap((reading) => reading.status)];
      return {
        values: medianValues(used.map(({ values }) => values)),
        status: [...new Set(status)],
        windowMs: roundedMs(toMs - (isCold ? fromMs : Math.max(fromMs, warmFromMs))),
      };
    },
    restart: () => {
      heard = [];
      sinceMs = nowMs();
      warmFromMs = sinceMs + warmUpMs;
    },
  };
}

/** To a tenth of a second, so that equal rounds have equal windows and a pack says theirs once. */
const roundedMs = (ms: number): number => Math.round(ms / 100) * 100;
