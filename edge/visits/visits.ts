import { z } from "zod";
import { PhotoRole, type Probabilities, type SiteState } from "#contract/messages.ts";
import { SiteName } from "#contract/names.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";
import type { Draft } from "./drafts.ts";
import type { Advice } from "./shot-advice.ts";

/** What the driver asks for. */
export const ShotRequest = z.strictObject({ site: SiteName, role: PhotoRole });
export type ShotRequest = z.infer<typeof ShotRequest>;

/** What the driver is told: by then the shot is on disk. `visit` is there when it completed one. */
export interface Shot {
  readonly sha: string;
  readonly state: SiteState;
  /** Why the photo is `unusable`: a word of `UnusableReason`. */
  readonly reason: string | null;
  readonly probabilities: Probabilities | null;
  readonly tookMs: number;
  /** What the driver may do about it, the most urgent first; it blocks nothing. */
  readonly advice: readonly Advice[];
  readonly visit?: string;
}

/** Visits of sites, each with a photo before and one after. */
export interface Visits extends Closer {
  /**
   * Takes a shot and resolves when it is durable; an `after` completes, signs and chains the visit. Shots go one after
   * another. Rejects with `no-before`, `camera-unavailable`, `photo-unreadable`, `model-unusable`, `busy`, `disk-full`,
   * `disk-unwritable` or `journal-unavailable`; then no draft and no visit has come of the shot, though a camera that
   * replays has gone on to its next photo, and a file that a failing disk did not let go is swept at the next start.
   */
  shoot(request: ShotRequest): Promise<Shot>;
  openDrafts(): readonly Draft[];
  /** UTC ms of the last shot that was kept, or null. */
  lastShotAt(): number | null;
  /** For how long the shot of the moment has been under way, in milliseconds; null while there is none. */
  shotUnderWayMs(): number | null;
}

/** There is no photo before for this site, or none that is whole. */
export class NoBefore extends AppError {
  readonly code = "no-before";
  readonly retry = false;
}

/** Too many shots wait for the camera, or the device is closing. */
export class Busy extends AppError {
  readonly code = "busy";
  readonly retry = true;
}
