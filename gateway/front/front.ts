import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import { Connection, type ConnectionParts } from "./connection.ts";

/** Where the front listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
}

/** The open door: every MQTT connection comes in here. */
export interface Front extends Closer {
  readonly port: number;
  readonly connections: number;
}

const CHECK_EVERY_MS = 500;
const HANDSHAKE_MS = 10_000;

/** Listens and serves; `close` stops accepting, answers what was taken and closes every connection. */
export async function startFront(
  listening: Listening,
  parts: ConnectionParts,
  clock: Clock,
  log: Logger,
): Promise<Front> {
  const open = new Set<Connection>();
  const accept = (socket: Socket) => {
    const connection: Connection = new Connection(
      socket,
      parts,
      () => clock.monotonicMs(),
      () => open.delete(connection),
    );
    open.add(connection);
  };
  const server: Server =
    listening.tls === undefined
      ? createServer(accept)
      : createTlsServer({ ...listening.tls, minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_MS }, accept);
  server.listen(listening.port, listening.host);
  await once(server, "listening");
  const onError = (error: unknown) => log.error({ event: "front.failed", err: error }, "front failed");
  server.on("error", onError);
  const watching = every(
    CHECK_EVERY_MS,
    async () => {
      for (const connection of open) connection.check();
    },
    onError,
  );
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : listening.port,
    get connections() {
      return open.size;
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      await watching.close();
      await Promise.all([...open].map((connection) => connection.finish()));
      await closed;
    },
  };
}
