import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { AlertView, SiteFeature } from "../http/schemas.ts";
import type { StationBook } from "../http/station-book.ts";
import type { Ingest } from "../ingest/events.ts";
import { coalesce } from "./coalesce.ts";
import type { SseHub } from "./sse-hub.ts";
import { toTable } from "./station-table.ts";

/** Changes of all stations are gathered for so long; the first after a pause is told at once. */
const STATIONS_EVERY_MS = 1_000;

/** Where the feed reads what it tells; an unknown name gives undefined. */
export interface LiveSource {
  site(id: string): SiteFeature | undefined;
  alert(id: string): AlertView | undefined;
  /** Alerts of a site that nobody has acknowledged. */
  openAlertIdsOf(site: string): readonly string[];
}

export interface LiveFeedParts {
  readonly book: Pick<StationBook, "touch" | "takeChanges" | "isBehind">;
  readonly nowMs: () => number;
  readonly ingest: Pick<Ingest, "onEvent">;
  readonly source: LiveSource;
  /** Everyone: `stations`, those that have changed, in columns, and `site` with the whole Feature. */
  readonly publicHub: SseHub;
  /** The administrator: `alert`, when one is made, acknowledged, or when a photo of its visit has become whole. */
  readonly deskHub: SseHub;
  /** At most one event in this time for each station, site and alert. */
  readonly minGapMs: number;
  /** How often stations are looked at for having turned stale, about which no message tells. */
  readonly staleCheckMs: number;
  readonly onError: (error: unknown) => void;
}

export interface LiveFeed extends Closer {
  /** Tells the desk of an alert again. */
  alertChanged(id: string): void;
}

/** Tells open pages what has changed, from what is committed. A failing read is reported and the next event goes on. */
export function startLiveFeed(parts: LiveFeedParts): LiveFeed {
  const { book, source, publicHub, deskHub, onError } = parts;
  const safely = (tell: (key: string) => void) => (key: string) => {
    try {
      tell(key);
    } catch (error) {
      onError(error);
    }
  };
  const sendTo = (hub: SseHub, event: string, read: (key: string) => unknown) =>
    coalesce(
      parts.minGapMs,
      safely((key) => {
        if (hub.clients() === 0) return;
        const data = read(key);
        if (data !== undefined) hub.send(event, data);
      }),
    );
  // Pages fetch what is there: only changes from now on are told.
  safely(() => book.takeChanges())("stations");
  const tellStations = coalesce(
    STATIONS_EVERY_MS,
    safely(() => {
      // Also where nobody listens: the next page that opens finds the book ready.
      const changed = book.takeChanges();
      if (changed.length > 0 && publicHub.clients() > 0) publicHub.send("stations", toTable(changed, parts.nowMs(), 1));
      if (book.isBehind()) tellStations.touch("stations");
    }),
  );
  const stations = {
    touch: (station: string) => {
      book.touch(station);
      tellStations.touch("stations");
    },
  };
  const sites = sendTo(publicHub, "site", source.site);
  const alerts = sendTo(deskHub, "alert", source.alert);

  const touchAlertsOf = safely((site) => {
    if (deskHub.clients() === 0) return;
    for (const id of source.openAlertIdsOf(site)) alerts.touch(id);
  });
  const stop = parts.ingest.onEvent((event) => {
    switch (event.kind) {
      case "station":
        return stations.touch(event.station);
      case "site":
        sites.touch(event.site);
        return touchAlertsOf(event.site);
      case "alert":
        return alerts.touch(event.alert);
      default:
        return event satisfies never;
    }
  });
  // Time alone turns stations silent; no message tells of it.
  const staleness = every(parts.staleCheckMs, async () => tellStations.touch("stations"), onError);

  return {
    alertChanged: (id) => alerts.touch(id),
    close: async () => {
      stop();
      await Promise.all([staleness.close(), tellStations.close(), sites.close(), alerts.close()]);
    },
  };
}
