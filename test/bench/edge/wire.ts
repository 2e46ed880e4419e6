import { encode } from "#contract/codec.ts";
import type { Reading, Sample } from "#contract/messages.ts";
import { topics } from "#contract/topics.ts";
import { publishPacket } from "#mqtt/publish.ts";
import { randomFrom } from "../../../models/random.ts";

/** A day at one sample in ten seconds. */
const SAMPLES = 8_640;
const EVERY_MS = 10_000;
const STARTED_AT = 1_790_000_000_000;
const PUBACK_BYTES = 4;
/** An Ethernet frame carries 1,448 bytes of TCP; headers of IP and TCP with time stamps 52, a record of TLS 1.3 22. */
const SEGMENT_BYTES = 1_448;
const SEGMENT_HEADER_BYTES = 52;
const TLS_RECORD_BYTES = 22;

const address = { tenant: "test-ural", device: "post-017" };
const names = { log: "5f0c1a7e9b3d42d86c1e0a94", boot: "9d41e6b2c8f7035a1b6e4d20" };

/** What one way of sending a day costs, for each sample: MQTT packets with topic and PUBACK; what lies below them. */
export interface WireCost {
  readonly way: string;
  readonly mqttBytes: number;
  /** Where each message waits for the one before it: TLS records and headers of TCP and IP, both directions. */
  readonly belowBytes: number;
}

interface Instrument {
  readonly sensor: string;
  readonly windowMs?: number;
  readonly samples: readonly Sample[];
}

/** A day of both instruments with the digits that they have; times wander by a millisecond or two as timers do. */
function aDay(): readonly Instrument[] {
  const random = randomFrom(20_261_122);
  const walk = (start: number, step: number, digits: number) => {
    let value = start;
    return () => {
      value = Math.max(0, value + (random() - 0.5) * step);
      return Number(value.toFixed(digits));
    };
  };
  const times = Array.from({ length: SAMPLES }, (_, i) => 61_234 + i * EVERY_MS + Math.floor(random() * 3));
  const samplesOf = (values: Readonly<Record<string, () => number>>) =>
    times.map((up) => ({
      at: STARTED_AT + up,
      up,
      values: Object.fromEntries(Object.entries(values).map(([name, next]) => [name, next()])),
    }));
  const particles = samplesOf({ pm25: walk(14, 0.8, 1), pm10: walk(25, 1.5, 1) });
  const climate = samplesOf({
    temperature: walk(7, 0.05, 2),
    humidity: walk(70, 0.2, 3),
    pressure: walk(995, 0.03, 3),
  });
  return [
    { sensor: "sds011", windowMs: EVERY_MS, samples: particles },
    { sensor: "bme280", samples: climate },
  ];
}

function readingOf({ sensor, windowMs }: Instrument, samples: Sample[], seq: number): Reading {
  const last = samples.at(-1);
  const window = windowMs === undefined ? {} : { windowMs };
  return {
    v: 1,
    log: names.log,
    seq,
    id: `${names.log}-${seq}`,
    at: last?.at ?? null,
    clock: "ntp",
    boot: names.boot,
    up: last?.up ?? 0,
    kind: "reading",
    sensor,
    model: sensor,
    ...window,
    samples,
  };
}

/** As Telegraf writes it: measurement, tags, fields, nanoseconds. */
function lineOf({ sensor }: Instrument, { at, values }: Sample): string {
  const fields = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  const tags = `tenant=${address.tenant},device=${address.device},sensor=${sensor}`;
  return `air,${tags} ${fields.join(",")} ${at}000000\n`;
}

const piecesOf = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

function costOf(way: string, topic: string, payloads: readonly Uint8Array[], samples: number): WireCost {
  let [mqtt, below] = [0, 0];
  for (const payload of payloads) {
    const { length } = publishPacket({ topic, payload, messageId: 1, dup: false });
    mqtt += length + PUBACK_BYTES;
    const segments = Math.ceil((length + TLS_RECORD_BYTES) / SEGMENT_BYTES);
    below += 2 * TLS_RECORD_BYTES + (segments + 1) * SEGMENT_HEADER_BYTES;
  }
  return { way, mqttBytes: mqtt / samples, belowBytes: below / samples };
}

/** A day of an SDS011 and a BME280, sent in packs of the given sizes, beside one JSON message each and line protocol. */
export function measureWire(packs: readonly number[]): readonly WireCost[] {
  const day = aDay();
  const total = SAMPLES * day.length;
  const topic = topics.data(address, "reading");
  const lineTopic = `telegraf/${address.device}/air`;
  const packed = (size: number, write: (reading: Reading) => Uint8Array) => {
    let seq = 0;
    return day.flatMap((instrument) =>
      piecesOf(instrument.samples, size).map((samples) => {
        seq += 1;
        return write(readingOf(instrument, samples, seq));
      }),
    );
  };
  const lines = (size: number) =>
    day.flatMap((instrument) =>
      piecesOf(instrument.samples, size).map((samples) =>
        Buffer.from(samples.map((sample) => lineOf(instrument, sample)).join("")),
      ),
    );
  const asSamples = (reading: Reading) => Buffer.from(JSON.stringify(reading));
  return [
    costOf("line protocol, a message each", lineTopic, lines(1), total),
    costOf("JSON, a message each", topic, packed(1, asSamples), total),
    ...packs.flatMap((size) => [
      costOf(`packs of ${size}, columns (ours)`, topic, packed(size, encode), total),
      costOf(`packs of ${size}, a member for each sample`, topic, packed(size, asSamples), total),
      costOf(`line protocol, ${size} lines a message`, lineTopic, lines(size), total),
    ]),
  ];
}
