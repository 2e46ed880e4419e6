import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { AlertView, SiteFeature, StationFeature } from "../http/schemas.ts";
import type { Ingest } from "../ingest/events.ts";
import { coalesce } from "./coalesce.ts";
import type { SseHub } from "./sse-hub.ts";

/** Where the feed reads what it tells; an unknown name gives undefined. */
export interface LiveSource {
  stations(): readonly StationFeature[];
  station(id: string): StationFeature | undefined;
  site(id: string): SiteFeature | undefined;
  alert(id: string): AlertView | undefined;
  /** Alerts of a site that nobody has acknowledged. */
  openAlertIdsOf(site: string): readonly string[];
}

export interface LiveFeedParts {
  readonly ingest: Pick<Ingest, "onEvent">;
  readonly source: LiveSource;
  /** Everyone: `station` and `site`, each with the whole Feature. */
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
  const { source, publicHub, deskHub, onError } = parts;
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
  const stations = sendTo(publicHub, "station", source.station);
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
  const staleness = watchStaleness(parts, (station) => stations.touch(station));

  return {
    alertChanged: (id) => alerts.touch(id),
    close: async () => {
      stop();
      await Promise.all([staleness.close(), stations.close(), sites.close(), alerts.close()]);
    },
  };
}

/** Tells of stations whose freshness has changed by nothing but time. */
function watchStaleness({ source, staleCheckMs, onError }: LiveFeedParts, tell: (station: string) => void): Closer {
  const freshness = new Map<string, string>();
  const look = () => {
    for (const { id, properties } of source.stations()) {
      const now = `${properties.isStale} ${properties.aqi === null}`;
      const before = freshness.get(id);
      freshness.set(id, now);
      if (before !== undefined && before !== now) tell(id);
    }
  };
  try {
    look();
  } catch (error) {
    onError(error);
  }
  return every(staleCheckMs, async () => look(), onError);
}
