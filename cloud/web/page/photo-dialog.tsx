import { useEffect, useRef, useState } from "preact/hooks";
import type { HeatView } from "./heat.ts";
import { useSpeech } from "./language.ts";
import { HeatToggle, PhotoHeat } from "./photo-heat.tsx";
import { usePictureSize } from "./picture-size.ts";

interface PhotoDialogProps {
  readonly url: string;
  readonly title: string;
  readonly heat: HeatView | null;
  /** Whether the map lay over the photo where it was opened. */
  readonly startsWithHeat: boolean;
  onClose(): void;
}

/** One photo over the whole window; Escape, the button and a click beside it close it. */
export function PhotoDialog({ url, title, heat, startsWithHeat, onClose }: PhotoDialogProps) {
  const { words } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  const [isHot, setHot] = useState(startsWithHeat);
  const picture = usePictureSize();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="photo-dialog"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <header>
        <p>{title}</p>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </header>
      <div class="photo-large">
        <img ref={picture.ref} src={url} alt={title} onLoad={picture.onLoad} />
        {isHot && heat !== null && picture.size !== null && <PhotoHeat heat={heat} size={picture.size} fit="contain" />}
      </div>
      {heat !== null && <HeatToggle heat={heat} isOn={isHot} onToggle={() => setHot(!isHot)} />}
    </dialog>
  );
}
