import { randomBytes } from "node:crypto";
import mqtt from "mqtt";
import { encode } from "#contract/codec.ts";
import type { Message } from "#contract/messages.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { type Stream, topics } from "#contract/topics.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { AirSource } from "./air-source.ts";

/** A member of the light fleet: an address with the token that the gateway knows. */
export interface FleetMember {
  readonly address: Address;
  readonly token: string;
  readonly air: AirSource;
}

/**
 * One simulated air post: it speaks the contract over its own connection, but has no disk. Each start is a new log;
 * `close` waits until everything that it sent is acknowledged.
 */
export function startFleetPost(
  member: FleetMember,
  brokerUrl: string,
  everyMs: number,
  nowMs: () => number,
  onError: (error: unknown) => void,
): Closer {
  const { address, token, air } = member;
  const clientId = clientIdOf(address);
  const client = mqtt.connect(brokerUrl, {
    clientId,
    username: clientId,
    password: token,
    reconnectPeriod: 1000 + Math.floor(Math.random() * 1000),
  });
  client.on("error", onError);
  const log = randomBytes(8).toString("hex");
  const startedMs = nowMs();
  let seq = 0;
  const stamp = () => {
    seq += 1;
    const at = nowMs();
    return { v: 1 as const, log, seq, id: `${log}-${seq}`, at, clock: "ntp" as const, boot: log, up: at - startedMs };
  };
  const send = (stream: Stream, message: Message) =>
    client.publishAsync(topics.data(address, stream), Buffer.from(encode(message)), { qos: 1 });
  const measure = async () => {
    const { pm25, pm10, temperature, humidity, pressure } = air.next();
    const particles = stamp();
    const climate = stamp();
    const sampleOf = ({ at, up }: { at: number; up: number }) => ({ at, up });
    await Promise.all([
      send("reading", {
        ...particles,
        kind: "reading",
        sensor: "sds011",
        model: "sds011",
        samples: [{ ...sampleOf(particles), values: { pm25, ...(pm10 === null ? {} : { pm10 }) } }],
      }),
      send("reading", {
        ...climate,
        kind: "reading",
        sensor: "bme280",
        model: "bme280",
        samples: [{ ...sampleOf(climate), values: { temperature, humidity, pressure } }],
      }),
    ]);
  };
  const measuring = every(everyMs, measure, onError);
  return {
    close: async () => {
      await Promise.race([measuring.close(), new Promise((resolve) => setTimeout(resolve, 3000))]);
      await client.endAsync(!client.connected);
    },
  };
}
