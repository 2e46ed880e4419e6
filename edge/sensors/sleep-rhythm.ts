import type { Clock } from "#kit/clock.ts";

/** A duty cycle: the instrument works before each round and sleeps until the next one needs it. */
export interface Duty {
  readonly everyMs: number;
  /** Warm-up and measuring before a round; 0, or all of `everyMs` or more: it never sleeps. */
  readonly workMs: number;
}

/** When an instrument sleeps. */
export interface SleepRhythm {
  readonly isAwake: boolean;
  /** When it was woken last, on the monotonic clock. */
  readonly wokenMs: number;
  /** A round has what it needs: the instrument sleeps until the next one, where it has a duty cycle. */
  roundIsOver(): void;
  /** Rounds come in another rhythm from now on, the next one after `everyMs`. */
  setDuty(duty: Duty): void;
  close(): void;
}

/** What hears of sleep and waking. */
export interface SleepListener {
  onSleep(): void;
  onWake(): void;
}

/** An instrument that is awake at the start and sleeps between rounds where `duty` says so. */
export function createSleepRhythm(duty: Duty | undefined, clock: Clock, listener: SleepListener): SleepRhythm {
  let current = sleepingDuty(duty);
  let isAwake = true;
  let wokenMs = clock.monotonicMs();
  let waking: NodeJS.Timeout | undefined;

  function wake(): void {
    clearTimeout(waking);
    isAwake = true;
    wokenMs = clock.monotonicMs();
    listener.onWake();
  }

  function roundIsOver(): void {
    if (current === undefined) return;
    isAwake = false;
    listener.onSleep();
    clearTimeout(waking);
    waking = setTimeout(wake, current.everyMs - current.workMs);
  }

  return {
    get isAwake() {
      return isAwake;
    },
    get wokenMs() {
      return wokenMs;
    },
    roundIsOver,
    setDuty: (changed) => {
      current = sleepingDuty(changed);
      if (current !== undefined) roundIsOver();
      else if (!isAwake) wake();
    },
    close: () => clearTimeout(waking),
  };
}

const sleepingDuty = (duty: Duty | undefined): Duty | undefined =>
  duty !== undefined && duty.workMs > 0 && duty.workMs < duty.everyMs ? duty : undefined;
