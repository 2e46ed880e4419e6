import { useSpeech } from "./language.ts";

/** The same marks, each with a sentence that explains it. */
export function MarksInWords(props: { readonly demo: string | null; readonly replay?: string | null }) {
  const { words } = useSpeech();
  const isReplay = props.replay !== undefined && props.replay !== null;
  if (props.demo === null && !isReplay) return null;
  return (
    <div class="mark-line">
      {props.demo !== null && (
        <>
          <span class="mark demo">{words.marks.demo}</span>
          <span>{props.demo}</span>
        </>
      )}
      {isReplay && (
        <>
          <span class="mark replay">{words.marks.replay}</span>
          <span>{words.marks.replayLong(props.replay ?? "")}</span>
        </>
      )}
    </div>
  );
}

/** Marks what is no measurement of a real place: a made-up place, or the replay of a recording. */
export function Marks({ demo, replay }: { readonly demo: boolean; readonly replay?: string | null }) {
  const { words } = useSpeech();
  const isReplay = replay !== undefined && replay !== null;
  if (!demo && !isReplay) return null;
  return (
    <span class="marks">
      {demo && <span class="mark demo">{words.marks.demo}</span>}
      {isReplay && <span class="mark replay">{words.marks.replay}</span>}
    </span>
  );
}
