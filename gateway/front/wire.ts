import type { Duplex } from "node:stream";
import type { ClientCertificate } from "../access/certificate.ts";

/** What a transport itself holds of a message that is not whole. */
export interface Partial {
  readonly bytes: number;
  readonly sinceMs: number;
}

/** So long a peer may be silent before TCP asks it whether it is there, unless it has said that it will be silent longer. */
export const QUIET_MS = 60_000;

/** The way to one client: bytes both ways, and what is known of who is at the other end before it speaks. */
export interface Wire {
  readonly stream: Duplex;
  /** The client's address. */
  readonly address: string;
  /** The certificate that it showed and that was found right. */
  readonly certificate: ClientCertificate | undefined;
  /** From now on a peer that is silent for less than so long is not asked by TCP whether it is there. */
  keepQuiet(ms: number): void;
  /** What waits below the stream for the rest of its message; TCP and TLS hold nothing. */
  readonly partial?: Partial | undefined;
}

/** Ends a stream once everything that was written to it has gone out. */
export function endSoon(stream: Duplex): void {
  if (stream.writable) stream.end();
  if (stream.writableFinished) stream.destroy();
  else stream.once("finish", () => stream.destroy());
}
