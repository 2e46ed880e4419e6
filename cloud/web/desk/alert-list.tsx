import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useSpeech } from "../page/language.ts";
import { MunicipalityChoice } from "../page/municipality-choice.tsx";
import { AlertCard } from "./alert-card.tsx";
import { arrange } from "./alerts.ts";
import type { DeskStore } from "./desk-store.ts";
import type { Person } from "./person.ts";

/** Open alerts first, then what somebody has taken on; each part newest first. */
export function AlertList({ store, person }: { readonly store: DeskStore; readonly person: Person }) {
  const { words } = useSpeech();
  const municipality = useSignal("");
  const heading = useRef<HTMLHeadingElement>(null);
  const all = store.alerts.value;
  const { open, acknowledged } = arrange(all, municipality.value);
  const acknowledge = async (id: string): Promise<void> => {
    const name = await person.askOnce();
    if (name === null) return;
    await store.acknowledge(id, name);
    // The pressed button goes with its card; the heading says how many are left. Who has moved on is left alone.
    const at = document.activeElement;
    const isStillHere = at === document.body || at?.closest(".alert")?.getAttribute("data-id") === id;
    if (isStillHere) heading.current?.focus({ preventScroll: true });
  };
  const cards = (alerts: typeof open) =>
    alerts.map((alert) => (
      <AlertCard key={alert.id} alert={alert} nowMs={store.nowMs.value} onAcknowledge={acknowledge} />
    ));
  if (!store.isLoaded.value) return store.trouble.value === null ? <p class="empty">{words.loading}</p> : null;
  return (
    <>
      <div class="list-head">
        <h2 tabIndex={-1} ref={heading}>
          {open.length === 0 ? words.desk.noneOpen : words.desk.open(open.length)}
        </h2>
        {all.size > 0 && <MunicipalityChoice among={[...all.values()]} chosen={municipality} />}
      </div>
      {all.size === 0 && <p class="card empty">{words.desk.none}</p>}
      {all.size > 0 && open.length + acknowledged.length === 0 && <p class="card empty">{words.desk.noneHere}</p>}
      <div class="cards">{cards(open)}</div>
      {acknowledged.length > 0 && (
        <section>
          <h2 class="second">{words.desk.acknowledged}</h2>
          <div class="cards">{cards(acknowledged)}</div>
        </section>
      )}
    </>
  );
}
