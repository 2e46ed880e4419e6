import { Probabilities, type SiteState, type UnusableReason } from "#contract/messages.ts";
import { stateOf } from "../../edge/classify/verdict.ts";

/** What a photo shows, as the name of its folder says it. */
export type Label = keyof Probabilities;
export const LABELS = Probabilities.keyof().options;

/** A photo of known label. */
export interface LabelledPhoto {
  readonly path: string;
  /** Its file name: what a report may say of it. */
  readonly name: string;
  readonly label: Label;
  /** `train`, `val`, `test`; empty in a folder without them. */
  readonly set: string;
  /** Who collected it. */
  readonly source: string;
}

/** A photo and what the device says of it. */
export interface Judged {
  readonly photo: Omit<LabelledPhoto, "path">;
  readonly state: SiteState;
  readonly reason: UnusableReason | null;
  /** Null where the photo was refused before a network saw it. */
  readonly probabilities: Probabilities | null;
  /** Median brightness, 0 to 255. */
  readonly brightness: number;
}

/** What a photo is told apart by: two sets or classes may have files of one name. */
export const placeOf = ({ set, label, name }: Judged["photo"]): string => `${set}/${label}/${name}`;

export type Group = "clean" | "dirty" | "not_a_site";

/** Overflow and scattered are both dirty. */
export const groupOf = (label: Label): Group => (label === "overflow" || label === "scattered" ? "dirty" : label);

const NO_THRESHOLDS = { clean: 0, overflow: 0, scattered: 0, not_a_site: 0, usable: 0 } as const;

const isLabel = (state: SiteState): state is Label => state !== "unusable" && state !== "unsure";

/** The device's choice of the four without any threshold; null for a photo that it refuses as unusable. */
export function answerOf({ state, probabilities }: Pick<Judged, "state" | "probabilities">): Label | null {
  if (state === "unusable" || probabilities === null) return null;
  const answer = stateOf(probabilities, NO_THRESHOLDS);
  return isLabel(answer) ? answer : null;
}

/** How likely a site is dirty rather than clean, when it is known to be a site. */
export function dirtyShareOf({ clean, overflow, scattered }: Probabilities): number {
  const dirty = overflow + scattered;
  return dirty + clean === 0 ? 0.5 : dirty / (dirty + clean);
}

/** One list per label that occurs, in the order of the labels. */
export function byLabel(judged: readonly Judged[]): readonly (readonly Judged[])[] {
  return LABELS.map((label) => judged.filter(({ photo }) => photo.label === label)).filter((one) => one.length > 0);
}
