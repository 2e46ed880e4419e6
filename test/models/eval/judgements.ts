import type { Judged, Label } from "../../../models/eval/judged.ts";

/** A judged photo of a label that got an answer with a probability; the rest is shared by the other three. */
export function aJudged(
  label: Label,
  answer: Label,
  change: Partial<Judged> & { source?: string; sure?: number } = {},
): Judged {
  const { source = "street", sure = 0.94, ...rest } = change;
  const other = (1 - sure) / 3;
  const probabilities = { clean: other, overflow: other, scattered: other, not_a_site: other, [answer]: sure };
  return {
    photo: { name: `${source}-1.jpg`, label, set: "val", source },
    state: answer,
    reason: null,
    probabilities,
    brightness: 120,
    ...rest,
  };
}

/** A good photo that was refused. */
export const refused = (label: Label): Judged =>
  aJudged(label, label, { state: "unusable", reason: "blurred", probabilities: null });
