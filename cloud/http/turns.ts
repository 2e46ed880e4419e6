import type { AirWindowStore } from "../store/measurements/air-windows.ts";
import type { Measurements } from "../store/measurements/measurements.ts";
import { ApiError } from "./errors.ts";

/** Lets a question be asked when it is its turn; refuses with `ApiError` 503 when too many wait already. */
export type Turns = <T>(ask: () => Promise<T>) => Promise<T>;

/** How many questions are with the store at a time, how many more may wait, and when a client may come again. */
export interface TurnsSettings {
  readonly atOnce: number;
  readonly waiting: number;
  readonly retryAfterS: number;
}

/** Opens a queue of questions, first come, first served. A question that fails makes room as one that is answered. */
export function openTurns({ atOnce, waiting, retryAfterS }: TurnsSettings): Turns {
  const queue: (() => void)[] = [];
  let asking = 0;
  const done = () => {
    const next = queue.shift();
    // The turn is handed on: nobody who comes now gets in between.
    if (next === undefined) asking -= 1;
    else next();
  };
  return async (ask) => {
    if (asking < atOnce) asking += 1;
    else if (queue.length >= waiting) {
      throw new ApiError(503, "too-busy", "too many questions wait for the store: ask again later", retryAfterS);
    } else await new Promise<void>((turn) => queue.push(turn));
    try {
      return await ask();
    } finally {
      done();
    }
  };
}

/** Single values are opened one by one out of their points, some thousand of them. */
const SAMPLE_TURNS = { atOnce: 1, waiting: 8, retryAfterS: 10 } as const satisfies TurnsSettings;
/** Windows are some thousand rows at most. */
const WINDOW_TURNS = { atOnce: 2, waiting: 64, retryAfterS: 5 } as const satisfies TurnsSettings;

/** The measurements as everyone may ask them: long questions wait for each other, and a crowd is refused at once. */
export function inTurns(
  measurements: Pick<Measurements, "samples">,
  airWindows: Pick<AirWindowStore, "windows">,
): { readonly measurements: Pick<Measurements, "samples">; readonly airWindows: Pick<AirWindowStore, "windows"> } {
  const [samples, windows] = [openTurns(SAMPLE_TURNS), openTurns(WINDOW_TURNS)];
  return {
    measurements: { samples: (query) => samples(() => measurements.samples(query)) },
    airWindows: { windows: (query) => windows(() => airWindows.windows(query)) },
  };
}
