import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Clock } from "#kit/clock.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { SessionReport } from "../inspect/report.ts";
import { Admission } from "./admission.ts";
import { Connection, type ConnectionParts } from "./connection.ts";
import { whoHoldsTooMuch } from "./held-bytes.ts";
import { openTlsDoor, type TlsSettings } from "./tls-door.ts";
import type { Wire } from "./wire.ts";

/** Where the front listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings | undefined;
}

/** The open door: every MQTT connection comes in here. */
export interface Front extends Closer {
  readonly port: number;
  readonly connections: number;
  /** Who is connected. */
  sessions(): readonly SessionReport[];
  /** What is not as it was set, one line each. */
  readonly troubles: readonly string[];
}

const CHECK_EVERY_MS = 500;
/** A peer that vanished without a word is found within about a minute, however long its own keep-alive time is. */
const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** Listens and serves; `close` stops accepting, answers what was taken and closes every connection. */
export async function startFront(
  listening: Listening,
  parts: ConnectionParts,
  clock: Clock,
  log: Logger,
): Promise<Front> {
  const sockets = new Set<Socket>();
  const open = new Set<Connection>();
  let isClosing = false;
  /** When the last connection has gone, what is left are handshakes that nobody waits for. */
  const cutTheRest = () => {
    if (isClosing && open.size === 0) for (const socket of sockets) socket.destroy();
  };
  const serve = (wire: Wire) => {
    const connection: Connection = new Connection(
      wire,
      parts,
      () => clock.monotonicMs(),
      () => {
        open.delete(connection);
        cutTheRest();
      },
    );
    open.add(connection);
  };
  const onWire = (socket: Socket, certificate?: Wire["certificate"]) =>
    serve({ stream: socket, address: socket.remoteAddress ?? "unknown", certificate });
  const tls = listening.tls && (await openTlsDoor(listening.tls, onWire, parts.metrics, log));
  const admission = new Admission(() => parts.limits);
  const server = createServer(SOCKET, (socket) => {
    const from = socket.remoteAddress ?? "unknown";
    const refusal = admission.enter(from);
    if (refusal !== undefined) {
      parts.metrics.refuse(refusal, from, "not let in");
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      admission.leave(from);
      sockets.delete(socket);
    });
    if (tls === undefined) onWire(socket);
    else tls.take(socket);
  });
  server.listen(listening.port, listening.host);
  await once(server, "listening");
  const onError = (error: unknown) => log.error({ event: "front.failed", err: error }, "front failed");
  server.on("error", onError);
  const watching = every(
    CHECK_EVERY_MS,
    async () => {
      for (const connection of open) connection.check();
      for (const connection of whoHoldsTooMuch(open, parts.limits.heldBytes)) connection.refuseHeld();
      parts.allowances.sweep(clock.monotonicMs());
    },
    onError,
  );
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : listening.port,
    get connections() {
      return open.size;
    },
    sessions: () => [...open].flatMap(({ report }) => report ?? []),
    get troubles() {
      return tls?.trouble === undefined ? [] : [tls.trouble];
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      await closeAll(tls === undefined ? [watching] : [watching, tls]);
      await Promise.all([...open].map((connection) => connection.finish()));
      isClosing = true;
      cutTheRest();
      await closed;
    },
  };
}
