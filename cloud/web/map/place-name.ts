import type { SiteFeature, StationFeature } from "../../http/schemas.ts";
import type { Speech } from "../page/language.ts";
import type { StationView } from "./station-view.ts";

/** A station in one spoken line: the name of its marker and of its row for a screen reader. */
export function sayStation(speech: Speech, station: StationFeature, view: StationView, nowMs: number): string {
  const { words, format } = speech;
  const { name, aqi, category, lastAt, demo, replay } = station.properties;
  const parts = [`${words.map.station} ${speech.name(name)}`];
  if (lastAt === null) parts.push(words.map.noData);
  else {
    if (aqi !== null) parts.push(`${words.map.index} ${aqi}`);
    if (view.freshness === "stale") parts.push(words.map.staleSince(format.moment(lastAt, nowMs)));
    else if (category !== null) parts.push(words.category[category]);
  }
  if (demo) parts.push(words.marks.demo);
  if (replay !== null) parts.push(words.marks.replay);
  return parts.join(", ");
}

/** A site in one spoken line. */
export function saySite(speech: Speech, site: SiteFeature): string {
  const { words } = speech;
  const { name, state, demo } = site.properties;
  const parts = [`${words.map.site} ${speech.name(name)}`, words.state[state]];
  if (demo) parts.push(words.marks.demo);
  return parts.join(", ");
}
