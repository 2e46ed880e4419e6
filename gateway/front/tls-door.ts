import { constants, type X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { createSecureContext, createServer, type SecureContextOptions, type TLSSocket } from "node:tls";
import type { Closer } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import { type ClientCertificate, readCertificate } from "../access/certificate.ts";
import { type WatchedFile, watchFile } from "../access/watched-file.ts";
import type { Metrics } from "../metrics.ts";

/** How the listener proves itself, and what it asks of a client. */
export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  /** Who issues the clients' certificates; without it none is asked for. */
  readonly authority: X509Certificate | undefined;
  /** Whether a client without a certificate may go on and show a token. */
  readonly mayHaveNone: boolean;
  /** Time for the whole handshake; ten seconds where it is not said. */
  readonly handshakeWithinMs?: number;
}

/** The TLS layer in front of a listener. */
export interface TlsDoor extends Closer {
  /** Takes a fresh connection; it comes out of `onSecure` once its handshake is done and its certificate is right. */
  take(socket: Socket): void;
  /** Why the newest certificate of the gateway itself is not in use. */
  readonly trouble: string | undefined;
}

const HANDSHAKE_WITHIN_MS = 10_000;
/** No session is resumed, and none negotiated anew: a connection is whoever it was at its handshake. */
const SECURE_OPTIONS = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION;

/**
 * Opens the TLS layer: TLS 1.2 or newer, the gateway's own certificate read again when its files change, and clients'
 * certificates judged once, at the handshake. Rejects when the files cannot be read or do not belong together.
 *
 * Sessions are not resumed: each connection shows its certificate anew, so that no ticket outlives a revocation.
 */
export async function openTlsDoor(
  { certFile, keyFile, authority, mayHaveNone, handshakeWithinMs = HANDSHAKE_WITHIN_MS }: TlsSettings,
  onSecure: (socket: TLSSocket, certificate: ClientCertificate | undefined) => void,
  metrics: Metrics,
  log: Logger,
): Promise<TlsDoor> {
  const read = async (): Promise<SecureContextOptions> => {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    const ca = authority === undefined ? {} : { ca: authority.toString() };
    const options = { cert, key, ...ca, minVersion: "TLSv1.2", secureOptions: SECURE_OPTIONS } as const;
    createSecureContext(options); // throws where certificate and key do not go together
    return options;
  };
  const own: WatchedFile<SecureContextOptions> = await watchFile(
    {
      name: "tls-certificate",
      files: [certFile, keyFile],
      read,
      onChange: (options) => server.setSecureContext(options),
    },
    log,
  );
  const asking = { requestCert: authority !== undefined, rejectUnauthorized: false };
  const server = createServer({ ...own.content, ...asking, handshakeTimeout: handshakeWithinMs }, (socket) => {
    const judged = authority === undefined ? undefined : judge(socket, authority, mayHaveNone);
    if (typeof judged !== "string") return onSecure(socket, judged);
    metrics.refuse("certificate", socket.remoteAddress ?? "unknown", judged);
    socket.on("error", () => socket.destroy());
    return socket.destroy();
  });
  server.on("tlsClientError", (error, socket) => {
    metrics.refuse("handshake", socket.remoteAddress ?? "unknown", error.message);
    // Node closes it itself after a fault of TLS, but not when its time is up.
    socket.destroy();
  });
  return {
    take: (socket) => {
      server.emit("connection", socket);
    },
    get trouble() {
      return own.trouble;
    },
    close: () => own.close(),
  };
}

/** The certificate that a client showed, undefined where it may have none, or why it must go. */
function judge(
  socket: TLSSocket,
  authority: X509Certificate,
  mayHaveNone: boolean,
): ClientCertificate | undefined | string {
  const x509 = socket.getPeerX509Certificate();
  if (x509 === undefined) return mayHaveNone ? undefined : "showed no certificate";
  // Node leaves the verdict on the chain and the time here, whatever its type says.
  if (!socket.authorized) return `not valid: ${String(socket.authorizationError)}`;
  return readCertificate(x509, authority);
}
