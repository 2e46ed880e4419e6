import { UnusableReason } from "#contract/messages.ts";
import type { PhotoView, VisitView } from "../../http/schemas.ts";
import { type Speech, useSpeech } from "./language.ts";
import type { Words } from "./words.ts";

/** From here on a probability is said as a fact, and down to 1 less it as its contrary; between them it is doubt. */
const LIKELY = 0.8;

/** From here on a device takes a photo for one of a screen or a print: about one honest photo in a hundred gets there. */
const MARKED = 0.5;

/** Why a photo cannot be judged, in words; an unknown word of a newer device is said to be one. */
export function sayReason(reason: string, { reason: words }: Words): string {
  const known = UnusableReason.safeParse(reason);
  return words[known.success ? known.data : "other"];
}

/** What a person should know before believing a photo: why it cannot be judged, that it is to be looked at, repeats, or shows a screen. */
export function doubtsOf(
  { state, reason, seen, screen }: Pick<PhotoView, "state" | "reason" | "seen" | "screen">,
  { words, format }: Pick<Speech, "words" | "format">,
): readonly string[] {
  return [
    ...(state === "unusable" && reason !== null ? [sayReason(reason, words)] : []),
    ...(state === "unsure" ? [words.visit.lookAtIt] : []),
    ...(seen === null ? [] : [words.visit.seen(format.percent(seen.p))]),
    ...(screen !== null && screen >= MARKED ? [words.visit.screen] : []),
  ];
}

/** The doubts about a photo, one below the other. */
export function PhotoDoubts({ photo }: { readonly photo: PhotoView }) {
  const speech = useSpeech();
  return (
    <>
      {doubtsOf(photo, speech).map((doubt) => (
        <span class="photo-doubt" key={doubt}>
          {doubt}
        </span>
      ))}
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
