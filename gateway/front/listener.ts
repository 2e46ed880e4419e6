import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Logger } from "#kit/logger.ts";
import type { ClientCertificate } from "../access/certificate.ts";
import type { Metrics } from "../metrics.ts";
import type { Admission } from "./admission.ts";
import { openTlsDoor, type TlsSettings } from "./tls-door.ts";
import { QUIET_MS } from "./wire.ts";

/** Where somebody listens, and whom a connection is handed to. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings | undefined;
}

/** A TCP or TLS port that is open. */
export interface Listener {
  readonly port: number;
  /** Why the newest certificate of its own is not in use. */
  readonly trouble: string | undefined;
  /** Takes no further connections. */
  stop(): Promise<void>;
  /** Cuts whatever is still connected. */
  cut(): void;
  /** Resolves when nothing is connected any more; call `stop` first. */
  closed(): Promise<void>;
}

/**
 * A peer that vanished without a word is found within about a minute; one with a longer keep-alive time of MQTT within that
 * (connection.ts): each question of TCP wakes a radio that sleeps between two bursts.
 */
const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: QUIET_MS } as const;

/** Listens; hands on each connection that is admitted, with TLS once its handshake is done and its certificate is right. */
export async function listen(
  { host, port, tls: tlsSettings }: Listening,
  onSocket: (socket: Socket, certificate: ClientCertificate | undefined) => void,
  admission: Admission,
  metrics: Metrics,
  log: Logger,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const tls = tlsSettings && (await openTlsDoor(tlsSettings, onSocket, metrics, log));
  const server = createServer(SOCKET, (socket) => {
    const from = socket.remoteAddress ?? "unknown";
    const refusal = admission.enter(from);
    if (refusal !== undefined) {
      metrics.refuse(refusal, from, "not let in");
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      admission.leave(from);
      sockets.delete(socket);
    });
    if (tls === undefined) onSocket(socket, undefined);
    else tls.take(socket);
  });
  server.listen(port, host);
  await once(server, "listening").catch(async (error: unknown) => {
    await tls?.close();
    throw error;
  });
  server.on("error", (error) => log.error({ event: "front.failed", err: error }, "front failed"));
  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    get trouble() {
      return tls?.trouble;
    },
    stop: async () => {
      server.close();
      await tls?.close();
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    closed: () => closed,
  };
}
