import { useSignal } from "@preact/signals";
import type { AlertView } from "../../http/schemas.ts";
import { type TroubleCode, troubleOf } from "../page/api.ts";
import { useSpeech } from "../page/language.ts";
import { Marks } from "../page/marks.tsx";
import { Trouble } from "../page/notice.tsx";
import { PhotoPair } from "../page/photo-pair.tsx";
import { Proof } from "../page/proof.tsx";
import { SiteSymbol } from "../page/site-symbol.tsx";
import { isOpen } from "./alerts.ts";

interface AlertCardProps {
  readonly alert: AlertView;
  readonly nowMs: number;
  /** Resolves when it is saved, or when the person would not give a name. */
  onAcknowledge(id: string): Promise<void>;
}

/** One alert with its proof, and the one button that says "mine". */
export function AlertCard({ alert, nowMs, onAcknowledge }: AlertCardProps) {
  const { words, format, name } = useSpeech();
  const isBusy = useSignal(false);
  const trouble = useSignal<TroubleCode | null>(null);
  const open = isOpen(alert);
  const site = name(alert.siteName);

  const acknowledge = async (): Promise<void> => {
    if (isBusy.value) return;
    isBusy.value = true;
    trouble.value = null;
    try {
      await onAcknowledge(alert.id);
    } catch (error) {
      trouble.value = troubleOf(error);
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <article class="card alert" data-id={alert.id} data-open={open} aria-labelledby={`alert-${alert.id}`}>
      <header>
        <SiteSymbol state={alert.state} size={44} />
        <div>
          <h3 id={`alert-${alert.id}`}>{site}</h3>
          <p>
            {name(alert.municipalityName)} · <time>{format.moment(alert.createdAt, nowMs)}</time>{" "}
            <Marks demo={alert.demo} />
          </p>
        </div>
      </header>
      <p class="alert-what">
        {words.desk.cause[alert.cause]}: <strong>{words.state[alert.state].toLowerCase()}</strong>
      </p>
      <PhotoPair visit={alert.visit} site={site} />
      <Proof visit={alert.visit} />
      {trouble.value !== null && <Trouble code={trouble.value} />}
      {open ? (
        <button
          type="button"
          class="button main acknowledge"
          // Not `disabled`: a disabled button cannot have the focus back when the question for the name is closed.
          aria-disabled={isBusy.value}
          aria-label={`${words.desk.acknowledge}: ${site}`}
          onClick={() => void acknowledge()}
        >
          {isBusy.value ? words.desk.acknowledging : words.desk.acknowledge}
        </button>
      ) : (
        <p class="acknowledged">
          <span aria-hidden="true">✓</span>{" "}
          {words.desk.acknowledgedBy(alert.acknowledgedBy ?? "–", format.moment(alert.acknowledgedAt ?? 0, nowMs))}
        </p>
      )}
    </article>
  );
}
