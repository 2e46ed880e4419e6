import type { Socket } from "node:net";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { SessionReport } from "../inspect/report.ts";
import { Admission } from "./admission.ts";
import { Connection, type ConnectionParts } from "./connection.ts";
import { whoHoldsTooMuch } from "./held-bytes.ts";
import { type Listener, type Listening, listen } from "./listener.ts";
import type { Wire } from "./wire.ts";

/** Where the front listens. */
export interface Doors {
  readonly mqtt: Listening;
  /** The same over WebSockets, where it is wanted. */
  readonly webSocket: (Listening & { readonly origins: readonly string[] }) | undefined;
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
/** Listens and serves; `close` stops accepting, answers what was taken and closes every connection. */
export async function startFront(doors: Doors, parts: ConnectionParts, clock: Clock, log: Logger): Promise<Front> {
  const { metrics } = parts;
  const nowMs = () => clock.monotonicMs();
  const open = new Set<Connection>();
  const listeners: Listener[] = [];
  let isClosing = false;
  /** When the last connection has gone, what is left are handshakes that nobody waits for. */
  const cutTheRest = () => {
    if (isClosing && open.size === 0) for (const listener of listeners) listener.cut();
  };
  const serve = (wire: Wire) => {
    const connection: Connection = new Connection(wire, parts, nowMs, () => {
      open.delete(connection);
      cutTheRest();
    });
    open.add(connection);
  };
  const serveSocket = (stream: Socket, certificate: Wire["certificate"]) =>
    serve({
      stream,
      address: stream.remoteAddress ?? "unknown",
      certificate,
      keepQuiet: (ms) => void stream.setKeepAlive(true, ms),
    });
  const admission = new Admission(() => parts.limits);
  const mqtt = await listen(doors.mqtt, serveSocket, admission, metrics, log);
  listeners.push(mqtt);
  if (doors.webSocket !== undefined) {
    const rules = { maxBytes: () => parts.limits.maxPacketBytes, origins: doors.webSocket.origins, nowMs };
    // Loaded where it is wanted only: it brings `ws` and all that node:http exports.
    const { openWebSocketDoor } = await import("./web-socket-door.ts");
    const { take } = openWebSocketDoor(rules, serve, metrics);
    listeners.push(await listen(doors.webSocket, take, admission, metrics, log).catch(closing(listeners)));
  }
  const watching = every(
    CHECK_EVERY_MS,
    async () => {
      for (const connection of open) connection.check();
      for (const connection of whoHoldsTooMuch(open, parts.limits.heldBytes)) connection.refuseHeld();
      parts.allowances.sweep(nowMs());
    },
    (error) => log.error({ event: "front.failed", err: error }, "front failed"),
  );
  return {
    port: mqtt.port,
    get connections() {
      return open.size;
    },
    sessions: () => [...open].flatMap(({ report }) => report ?? []),
    get troubles() {
      return listeners.map(({ trouble }) => trouble).filter((trouble) => trouble !== undefined);
    },
    close: async () => {
      if (isClosing) return;
      isClosing = true;
      await Promise.all([watching.close(), ...listeners.map((listener) => listener.stop())]);
      await Promise.all([...open].map((connection) => connection.finish()));
      cutTheRest();
      await Promise.all(listeners.map((listener) => listener.closed()));
    },
  };
}

/** Closes what is open already, and fails all the same. */
const closing = (listeners: readonly Listener[]) => async (error: unknown) => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  throw error;
};
