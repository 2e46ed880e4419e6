import type { Bulletin } from "../air/bulletins/bulletin.ts";
import type { Put } from "../air/bulletins/bulletin-book.ts";

/** What the ingest tells the rest of the cloud after it has committed: names only, the state store has the facts. */
export type IngestEvent =
  | { readonly kind: "station"; readonly station: string }
  | { readonly kind: "site"; readonly site: string }
  | { readonly kind: "alert"; readonly alert: string };

/** How one consumer group is doing, for `/healthz`. */
export interface IngestHealth {
  /** Connected to the gateway and subscribed. */
  readonly isConnected: boolean;
  /** What the group waits for, in words, or null when nothing is wrong. */
  readonly trouble: string | null;
  /** Messages committed and acknowledged since the start. */
  readonly acknowledged: number;
}

/** The running ingest as the HTTP part sees it. */
export interface Ingest {
  health(): Readonly<Record<string, IngestHealth>>;
  onEvent(listener: (event: IngestEvent) => void): () => void;
  /** Acknowledges an alert in the name of a person; false when there is no such alert. The first name stays. */
  acknowledgeAlert(id: string, by: string): Promise<boolean>;
  /** Keeps an official bulletin; says whether it is new, was here already, or another one has its name. */
  putBulletin(bulletin: Bulletin): Promise<Put>;
}
