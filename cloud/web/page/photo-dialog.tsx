import { useEffect, useRef } from "preact/hooks";
import { useSpeech } from "./language.ts";

/** One photo over the whole window; Escape, the button and a click beside it close it. */
export function PhotoDialog(props: { readonly url: string; readonly title: string; onClose(): void }) {
  const { words } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="photo-dialog"
      aria-label={props.title}
      onClose={props.onClose}
      onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <header>
        <p>{props.title}</p>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </header>
      <img src={props.url} alt={props.title} />
    </dialog>
  );
}
