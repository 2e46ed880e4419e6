import type { Closer } from "#kit/closer.ts";
import type { Pace } from "./load.ts";
import type { Report } from "./report.ts";

/** What every part is told. */
export interface PartOptions {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly publishers: number;
  readonly pace: Pace;
  readonly kills: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  /** What a part starts goes in here; it is closed in reverse order at its end or on a signal. */
  readonly started: Closer[];
}

/** One part of the run: starts its brokers, and says what came of it. */
export type Part = (options: PartOptions) => Promise<Report>;
