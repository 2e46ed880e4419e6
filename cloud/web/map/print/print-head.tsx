import { useEffect } from "preact/hooks";
import { useSpeech } from "../../page/language.ts";
import { chosenStandard } from "../station/air-store.ts";
import type { Lens } from "../station/air-view.ts";
import "./print.css";

/** Opens what is folded while the page is printed, except what would be fetched first. */
function useUnfolding(): void {
  useEffect(() => {
    let opened: readonly HTMLDetailsElement[] = [];
    const unfold = () => {
      opened = [
        ...document.querySelectorAll<HTMLDetailsElement>(".sheet details:not([open], .calendar-of-year, .embed)"),
      ];
      for (const one of opened) one.open = true;
    };
    const fold = () => {
      for (const one of opened) one.open = false;
      opened = [];
    };
    window.addEventListener("beforeprint", unfold);
    window.addEventListener("afterprint", fold);
    return () => {
      window.removeEventListener("beforeprint", unfold);
      window.removeEventListener("afterprint", fold);
    };
  }, []);
}

/** On paper only: of which moment it is, by which standard and over which time, and where it comes from. */
export function PrintHead({ lens }: { readonly lens: Lens }) {
  const { words, format, name } = useSpeech();
  const { standard, choice, moment } = lens;
  useUnfolding();
  return (
    <p class="print-head">
      {words.print.asOf(format.fullDate(moment.nowMs))}. {words.air.pollutant[choice.pollutant]},{" "}
      {name(chosenStandard(standard.id).name)}, {words.air.averageLong[choice.average]}.{" "}
      {words.print.source(window.location.href)}
    </p>
  );
}

/** Prints what is open. */
export function PrintButton() {
  const { words } = useSpeech();
  return (
    <button type="button" class="button small" onClick={() => window.print()}>
      {words.print.print}
    </button>
  );
}
