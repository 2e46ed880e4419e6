import type { Duplex } from "node:stream";
import type { ClientCertificate } from "../access/certificate.ts";

/** What a transport itself holds of a message that is not whole. */
export interface Partial {
  readonly bytes: number;
  readonly sinceMs: number;
}

/** The way to one client: bytes both ways, and what is known of who is at the other end before it speaks. */
export interface Wire {
  readonly stream: Duplex;
  /** The client's address. */
  readonly address: string;
  /** The certificate that it showed and that was found right. */
  readonly certificate: ClientCertificate | undefined;
  /** What waits below the stream for the rest of its message; TCP and TLS hold nothing. */
  readonly partial?: Partial | undefined;
}

/** Ends a stream once everything that was written to it has gone out. */
export function endSoon(stream: Duplex): void {
  if (stream.writable) stream.end();
  if (stream.writableFinished) stream.destroy();
  else stream.once("finish", () => stream.destroy());
}
