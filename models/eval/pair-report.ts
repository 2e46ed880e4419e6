import type { Progress } from "./judge.ts";

/** What the evaluation of the pair checks is given. */
export interface PairOptions {
  /** The folder of photos, as `--photos` names it; `pairs/` may lie in it. */
  readonly photos: string;
  /** Folder of the model. */
  readonly model: string;
  readonly seed: number;
  /** At most so many examples of each kind; undefined for all. */
  readonly limit: number | undefined;
  readonly progress: Progress;
}

/** How good the pair checks are. */
export interface PairReport {
  /** Markdown that begins with its `##` heading. */
  readonly section: string;
  /** Figures by name, for `report.json`. */
  readonly figures: Readonly<Record<string, number>>;
}
