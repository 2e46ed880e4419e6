import { useSpeech } from "./language.ts";

/** Marks what is no real measurement: fed by a simulator, or the replay of a recording. */
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
