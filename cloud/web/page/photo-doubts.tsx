import { UnusableReason } from "#contract/messages.ts";
import type { PhotoView, VisitView } from "../../http/schemas.ts";
import { useSpeech } from "./language.ts";
import type { Words } from "./words.ts";

/** From here on a probability is said as a fact, and down to 1 less it as its contrary; between them it is doubt. */
const LIKELY = 0.8;

/** Why a photo cannot be judged, in words; an unknown word of a newer device is said to be one. */
export function sayReason(reason: string, { reason: words }: Words): string {
  const known = UnusableReason.safeParse(reason);
  return words[known.success ? known.data : "other"];
}

/** What a person should know before believing a photo: why it cannot be judged, that it is to be looked at, or repeats. */
export function PhotoDoubts({ photo }: { readonly photo: PhotoView }) {
  const { words, format } = useSpeech();
  const { state, reason, seen, screen } = photo;
  return (
    <>
      {state === "unusable" && reason !== null && <span class="photo-doubt">{sayReason(reason, words)}</span>}
      {state === "unsure" && <span class="photo-doubt">{words.visit.lookAtIt}</span>}
      {seen !== null && <span class="photo-doubt">{words.visit.seen(format.percent(seen.p))}</span>}
      {screen !== null && screen >= LIKELY && (
        <span class="photo-doubt">{words.visit.screen(format.percent(screen))}</span>
      )}
    </>
  );
}

/** What both photos say together; nothing where the device could not tell. */
export function PairWords({ pair }: { readonly pair: VisitView["pair"] }) {
  const { words, format } = useSpeech();
  if (pair === null) return null;
  const { samePlace, cleaner } = pair;
  const say = (p: number, [yes, doubt, no]: readonly ((percent: string) => string)[]): string | undefined =>
    (p >= LIKELY ? yes : p > 1 - LIKELY ? doubt : no)?.(format.percent(p));
  const { samePlace: same, placeUnclear, otherPlace, cleaner: isCleaner, cleanerUnclear, notCleaner } = words.pair;
  return (
    <ul class="pair-words">
      {samePlace !== null && <li>{say(samePlace, [same, placeUnclear, otherPlace])}</li>}
      {cleaner !== null && <li>{say(cleaner, [isCleaner, cleanerUnclear, notCleaner])}</li>}
    </ul>
  );
}
