import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useSpeech } from "../page/language.ts";

interface NameDialogProps {
  readonly name: string;
  readonly saveWords: string;
  onSave(name: string): void;
  onCancel(): void;
}

/** Asks once for the name that stands beside what a person takes on. */
export function NameDialog({ name, saveWords, onSave, onCancel }: NameDialogProps) {
  const { words } = useSpeech();
  const entered = useSignal(name);
  const isEmpty = useSignal(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="name-dialog" aria-labelledby="name-title" onClose={onCancel}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const trimmed = entered.value.trim();
          isEmpty.value = trimmed === "";
          if (trimmed !== "") onSave(trimmed);
        }}
      >
        <label>
          <span id="name-title">{words.desk.yourName}</span>
          <input
            name="name"
            autoComplete="name"
            maxLength={80}
            value={entered.value}
            aria-describedby="name-hint name-problem"
            onInput={(event) => {
              entered.value = event.currentTarget.value;
            }}
          />
        </label>
        <p id="name-hint" class="honest">
          {words.desk.nameHint}
        </p>
        <p id="name-problem" class="problem" role="alert">
          {isEmpty.value ? words.desk.emptyName : undefined}
        </p>
        <div class="actions">
          <button type="button" class="button" onClick={onCancel}>
            {words.desk.cancel}
          </button>
          <button type="submit" class="button main">
            {saveWords}
          </button>
        </div>
      </form>
    </dialog>
  );
}
