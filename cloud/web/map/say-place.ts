import type { SiteFeature } from "../../http/schemas.ts";
import type { Speech } from "../page/language.ts";
import { sayOf } from "../page/words/say.ts";
import type { SeenStation } from "./station/air-store.ts";
import type { AirView } from "./station/air-view.ts";

/** How a station is doing in a few plain words: the category, or why there is none. */
export function sayAir({ words, format, name }: Speech, view: AirView, nowMs: number): string {
  if (view.atMs === null) return view.freshness === "offline" ? words.air.whyShort["no-value"] : words.map.noData;
  if (view.freshness === "future") return words.map.timeNotBelievable;
  if (view.freshness === "offline") return words.map.staleSince(format.moment(view.atMs, nowMs));
  const said =
    view.judgement !== null
      ? name(view.judgement.category.name)
      : view.why === null
        ? words.map.noData
        : words.air.whyShort[view.why];
  return view.freshness === "late" ? `${said}, ${words.map.since(format.moment(view.atMs, nowMs))}` : said;
}

/** The reasons that a mark shows by its badge and stripes, in words. */
export function sayDoubts({ words }: Speech, flags: readonly string[]): readonly string[] {
  return flags.map((flag) => sayOf(words.air.flag, flag));
}

/** A station in one spoken line: the name of its button on the map. */
export function sayStation(speech: Speech, { station, view }: SeenStation, nowMs: number): string {
  const { words } = speech;
  const { name, demo, replay } = station.properties;
  const { badge, label } = view.look;
  const parts = [
    `${words.map.station} ${speech.name(name)}`,
    ...(view.judgement === null ? [] : [`${words.map.index} ${label}`]),
    sayAir(speech, view, nowMs),
    ...(badge === null ? [] : [words.air.badge[badge]]),
    ...(demo ? [words.marks.demo] : []),
    ...(replay === null ? [] : [words.marks.replay]),
  ];
  return parts.join(", ");
}

/** A cluster in one spoken line. */
export function sayCluster({ words }: Speech, count: number, worst: string): string {
  return `${words.air.cluster(count)}, ${words.air.clusterWorst(worst)}; ${words.air.pressToZoom}`;
}

/** A site in one spoken line. */
export function saySite(speech: Speech, site: SiteFeature): string {
  const { words } = speech;
  const { name, state, demo } = site.properties;
  const parts = [`${words.map.site} ${speech.name(name)}`, words.state[state], ...(demo ? [words.marks.demo] : [])];
  return parts.join(", ");
}
