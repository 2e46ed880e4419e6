import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { generate, type IPublishPacket, type Packet } from "mqtt-packet";
import { parseControl } from "#mqtt/control.ts";
import { Framer } from "#mqtt/framer.ts";
import { until } from "./until.ts";

/** An MQTT client of bytes and packets: says exactly what a test wants said, and shows what came back. */
export interface RawClient {
  readonly socket: Socket;
  /** Every packet that has come, in order. */
  readonly received: readonly Packet[];
  send(...packets: readonly (Packet | Buffer)[]): void;
  /** All packets of a kind, once there are so many. */
  receive(cmd: Packet["cmd"], count?: number): Promise<readonly Packet[]>;
  /** Resolves when the other side has closed. */
  closed(): Promise<void>;
}

/** Opens a connection without saying anything. */
export async function openRaw(port: number): Promise<RawClient> {
  const socket = createConnection({ host: "127.0.0.1", port });
  const client = speakOver(socket);
  await once(socket, "connect");
  return client;
}

/** Opens a TLS connection without saying anything; rejects when the handshake fails. */
export async function openTls(port: number, options: ConnectionOptions): Promise<RawClient & { socket: TLSSocket }> {
  const socket = connectTls({ host: "127.0.0.1", port, ...options });
  const client = speakOver(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  return { ...client, socket };
}

/** Speaks MQTT over a socket. */
export function speakOver(socket: Socket): RawClient {
  const framer = new Framer(16 * 1024 * 1024);
  const received: Packet[] = [];
  socket.on("data", (chunk: Buffer) => framer.push(chunk, (frame) => received.push(parseControl(frame))));
  socket.on("error", () => socket.destroy());
  return {
    socket,
    received,
    send: (...packets) => {
      socket.write(Buffer.concat(packets.map((packet) => (Buffer.isBuffer(packet) ? packet : generate(packet)))));
    },
    receive: (cmd, count = 1) =>
      until(
        `${count} × ${cmd}`,
        () => {
          const found = received.filter((packet) => packet.cmd === cmd);
          return found.length >= count && found;
        },
        60_000,
      ),
    closed: async () => {
      if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
    },
  };
}

/** What a raw client says first. */
export interface RawLogin {
  readonly clientId: string;
  /** Without one it says neither a user name nor a password: its certificate speaks for it. */
  readonly token?: string;
  readonly username?: string;
  readonly keepaliveS?: number;
  readonly will?: { readonly topic: string; readonly payload: string };
  /** False asks for a session that outlives the connection. */
  readonly clean?: boolean;
}

/** The CONNECT of a login. */
export function connectPacket({
  clientId,
  token,
  username = clientId,
  keepaliveS = 60,
  will,
  clean = true,
}: RawLogin): Packet {
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean,
    clientId,
    keepalive: keepaliveS,
    ...(token === undefined ? {} : { username, password: Buffer.from(token) }),
    ...(will === undefined ? {} : { will: { ...will, qos: 1, retain: true } }),
  };
}

/** Connects and waits for the CONNACK 0. */
export async function connectRaw(port: number, login: RawLogin): Promise<RawClient> {
  return await signIn(await openRaw(port), login);
}

/** Says CONNECT and waits for the CONNACK 0. */
export async function signIn<Client extends RawClient>(client: Client, login: RawLogin): Promise<Client> {
  client.send(connectPacket(login));
  const [connack] = await client.receive("connack");
  if (connack?.cmd !== "connack" || connack.returnCode !== 0) throw new Error(`refused: ${JSON.stringify(connack)}`);
  return client;
}

/** A QoS 1 PUBLISH (or another QoS). */
export const aPublish = (
  topic: string,
  messageId: number,
  payload: string | Buffer = "x",
  qos: 0 | 1 | 2 = 1,
): IPublishPacket => ({
  cmd: "publish",
  topic,
  payload,
  qos,
  dup: false,
  retain: false,
  ...(qos === 0 ? {} : { messageId }),
});
