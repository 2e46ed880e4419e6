import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { onTestFinished } from "vitest";

/** Something that a broker was given. */
export interface Received {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
}

/** A foreign broker in this process that can be stopped and started on its port. */
export interface AedesBroker {
  readonly url: string;
  /** Everything that came, duplicates too, over all its lives. */
  readonly received: readonly Received[];
  /** Calls back for everything that comes, before it is acknowledged. */
  onReceived(listener: (received: Received) => void): void;
  /** Publishes a retained message. */
  retain(topic: string, text: string): Promise<void>;
  start(): Promise<void>;
  /** Cuts every connection and stops listening, as a kill would. */
  kill(): Promise<void>;
}

/** Starts a broker that takes everybody, or only who brings `token`. */
export async function startAedesBroker(port: number, token?: string): Promise<AedesBroker> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const listeners: ((received: Received) => void)[] = [];
  let server: Server | undefined;
  let broker: Aedes | undefined;

  const start = async () => {
    const starting = await Aedes.createBroker();
    starting.authenticate = (_client, _name, password, done) => {
      done(null, token === undefined || String(password) === token);
    };
    // It acknowledges right after this hook: what is noted here is noted before its acknowledgement.
    starting.authorizePublish = (_client, packet, done) => {
      const one = { topic: packet.topic, payload: Buffer.from(packet.payload), retain: packet.retain };
      received.push(one);
      for (const listener of listeners) listener(one);
      done(null);
    };
    const listening = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
      starting.handle(socket);
    });
    await new Promise<void>((resolve) => listening.listen(port, "127.0.0.1", resolve));
    broker = starting;
    server = listening;
  };
  const kill = async () => {
    const [stopping, closing] = [server, broker];
    server = undefined;
    broker = undefined;
    for (const socket of sockets) socket.destroy();
    if (stopping !== undefined) await new Promise((resolve) => stopping.close(resolve));
    if (closing !== undefined) await new Promise<void>((resolve) => closing.close(() => resolve()));
  };
  await start();
  onTestFinished(kill);
  return {
    url: `mqtt://127.0.0.1:${port}`,
    received,
    onReceived: (listener) => {
      listeners.push(listener);
    },
    retain: (topic, text) =>
      new Promise((resolve, reject) => {
        const packet = { cmd: "publish", topic, payload: Buffer.from(text), qos: 1, retain: true, dup: false } as const;
        if (broker === undefined) reject(new Error("the broker is down"));
        else broker.publish(packet, (error) => (error === undefined || error === null ? resolve() : reject(error)));
      }),
    start,
    kill,
  };
}
