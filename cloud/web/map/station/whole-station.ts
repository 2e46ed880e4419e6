import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type StationFeature, WholeStation } from "../../../http/schemas.ts";
import { ask } from "../../page/api.ts";

/** Of a station that changes each second, the whole is asked for no more often. */
const REST_MS = 2_000;
/** The whole may be so far behind the list before the list is shown in its place: its fetches must have failed. */
const BEHIND_MS = 60_000;

/** What corrections are called, by id. */
export type FormulaNames = WholeStation["formulas"];

/** A station, and what the corrections of its values are called as far as that is known. */
export interface StationWithNames {
  readonly station: StationFeature;
  readonly formulas: FormulaNames;
}

/**
 * The station with all that is known of it: the list of all stations leaves out raw values, formulas and other fields.
 * Until those have come (and in the past, of which only the list tells) it is what the list says.
 */
export function useWholeStation(listed: StationFeature, isPast: boolean): StationWithNames {
  const whole = useSignal<WholeStation | undefined>(undefined);
  const newest = JSON.stringify(listed.properties.air);
  const asked = useRef({ id: "", atMs: 0 });
  useEffect(() => {
    if (isPast) return;
    const { id } = listed;
    // Counted from the last question, not from the last change: a station that changes each second is asked for, too.
    const restMs = asked.current.id === id ? Math.max(0, asked.current.atMs + REST_MS - performance.now()) : 0;
    const timer = setTimeout(() => {
      asked.current = { id, atMs: performance.now() };
      ask(WholeStation, `/api/v1/stations/${id}`)
        .then(({ body }) => {
          if (asked.current.id === id) whole.value = body;
        })
        // The list's own values stay; the page says elsewhere that the server does not answer.
        .catch(() => {});
    }, restMs);
    return () => clearTimeout(timer);
  }, [listed.id, newest, isPast]);
  const found = whole.value;
  if (isPast || found === undefined || found.id !== listed.id) return { station: listed, formulas: {} };
  const isBehind = (listed.properties.lastAt ?? 0) - (found.properties.lastAt ?? 0) > BEHIND_MS;
  return { station: isBehind ? listed : found, formulas: found.formulas };
}
