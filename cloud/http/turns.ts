import type { AirWindow, AirWindowStore, WindowsQuery } from "../store/measurements/air-windows.ts";
import type { Measurements, RawSample, SamplesQuery } from "../store/measurements/measurements.ts";
import { ApiError } from "./errors.ts";
import { networkOf } from "./rate-limit.ts";

/** Lets a question of somebody's (an IP address) be asked when it is its turn; refuses with `ApiError` 503 when too many wait already. */
export type Turns = <T>(asker: string, ask: () => Promise<T>) => Promise<T>;

/** How many questions are with the store at a time, how many more may wait, and when a client may come again. */
export interface TurnsSettings {
  readonly atOnce: number;
  readonly waiting: number;
  /** Of these so many are for one network: nobody takes all the places. */
  readonly waitingOfOne: number;
  readonly retryAfterS: number;
}

/** Opens a queue of questions, first come, first served. A question that fails makes room as one that is answered. */
export function openTurns({ atOnce, waiting, waitingOfOne, retryAfterS }: TurnsSettings): Turns {
  const queue: { readonly network: string; readonly begin: () => void }[] = [];
  let asking = 0;
  const done = () => {
    const next = queue.shift();
    // The turn is handed on: nobody who comes now gets in between.
    if (next === undefined) asking -= 1;
    else next.begin();
  };
  const isFullFor = (network: string): boolean =>
    queue.length >= waiting || queue.filter((one) => one.network === network).length >= waitingOfOne;
  return async (asker, ask) => {
    const network = networkOf(asker);
    if (asking < atOnce) asking += 1;
    else if (isFullFor(network)) {
      throw new ApiError(503, "too-busy", "too many questions wait for the store: ask again later", retryAfterS);
    } else await new Promise<void>((begin) => queue.push({ network, begin }));
    try {
      return await ask();
    } finally {
      done();
    }
  };
}

/** Single values are opened one by one out of their points, some thousand of them. */
const SAMPLE_TURNS = { atOnce: 1, waiting: 8, waitingOfOne: 4, retryAfterS: 10 } as const satisfies TurnsSettings;
/** Windows of one station: below 10,000 rows, milliseconds. One address may be a mobile network with half of the town behind it. */
const WINDOW_TURNS = { atOnce: 2, waiting: 64, waitingOfOne: 32, retryAfterS: 5 } as const satisfies TurnsSettings;
/** Hours for those who read them all: from years, question by question. */
const HARVEST_TURNS = { atOnce: 1, waiting: 24, waitingOfOne: 8, retryAfterS: 10 } as const satisfies TurnsSettings;
/** All stations as they were: tens of thousands of rows, and a list that is written of them. */
const PAST_TURNS = { atOnce: 1, waiting: 24, waitingOfOne: 8, retryAfterS: 10 } as const satisfies TurnsSettings;

/** The measurements as everyone may ask them, told from where: long questions wait for each other, and a crowd is refused at once. */
export interface AskedMeasurements {
  readonly measurements: { samples(query: SamplesQuery, asker: string): Promise<readonly RawSample[]> };
  readonly airWindows: AskedWindows;
  /** The same for those who harvest: no reader of the map waits for them. */
  readonly harvestedWindows: AskedWindows;
  /** For questions about all stations, which nobody's chart waits for. */
  readonly pastTurns: Turns;
}

export interface AskedWindows {
  windows(query: WindowsQuery, asker: string): Promise<readonly AirWindow[]>;
}

/** Puts the turns before the measurements. */
export function inTurns(
  measurements: Pick<Measurements, "samples">,
  airWindows: Pick<AirWindowStore, "windows">,
): AskedMeasurements {
  const samples = openTurns(SAMPLE_TURNS);
  const windowsBy = (turns: Turns): AskedWindows => ({
    windows: (query, asker) => turns(asker, () => airWindows.windows(query)),
  });
  return {
    measurements: { samples: (query, asker) => samples(asker, () => measurements.samples(query)) },
    airWindows: windowsBy(openTurns(WINDOW_TURNS)),
    harvestedWindows: windowsBy(openTurns(HARVEST_TURNS)),
    pastTurns: openTurns(PAST_TURNS),
  };
}
