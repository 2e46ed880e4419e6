import type { SiteFeature, StationFeature } from "../../http/schemas.ts";
import type { Speech } from "../page/language.ts";
import type { StationView } from "./station-view.ts";

/** How a station is doing in a few plain words: the category, or why there is none. */
export function sayAir({ words, format }: Speech, view: StationView, nowMs: number): string {
  if (view.atMs === null) return words.map.noData;
  if (view.freshness === "future") return words.map.timeNotBelievable;
  if (view.freshness === "stale") return words.map.staleSince(format.moment(view.atMs, nowMs));
  return view.category === null ? words.map.noPm25 : words.category[view.category];
}

/** A station in one spoken line: the name of its marker. */
export function sayStation(speech: Speech, station: StationFeature, view: StationView, nowMs: number): string {
  const { words } = speech;
  const { name, demo, replay } = station.properties;
  const parts = [
    `${words.map.station} ${speech.name(name)}`,
    ...(view.category === null ? [] : [`${words.map.index} ${view.label}`]),
    sayAir(speech, view, nowMs),
    ...(demo ? [words.marks.demo] : []),
    ...(replay === null ? [] : [words.marks.replay]),
  ];
  return parts.join(", ");
}

/** A site in one spoken line. */
export function saySite(speech: Speech, site: SiteFeature): string {
  const { words } = speech;
  const { name, state, demo } = site.properties;
  const parts = [`${words.map.site} ${speech.name(name)}`, words.state[state], ...(demo ? [words.marks.demo] : [])];
  return parts.join(", ");
}
