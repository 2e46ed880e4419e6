import { ByteClient } from "./byte-client.ts";
import { bytesOfWords, variableLength } from "./payload-words.ts";
import type { Sequence, Step } from "./sequence-files.ts";

/** What was expected of the broker and what came instead. */
export interface Difference {
  readonly expected: string;
  readonly came: string;
}

type External = Extract<Step, { type: "external_publish" }>;

const KEEPALIVE_S = 60;
const PINGREQ = Buffer.from([0xc0, 0]);
const PINGRESP = Buffer.from([0xd0, 0]);
const CONNACK_ACCEPTED = Buffer.from([0x20, 2, 0, 0]);

/** Plays one sequence against a broker on loopback; what was not as it says, or undefined when everything was. */
export async function replay(sequence: Sequence, port: number): Promise<Difference | undefined> {
  const client = await ByteClient.open(port);
  try {
    if (sequence.connects) {
      const login = connectPacket(`${sequence.group} ${sequence.name}`, sequence.level);
      const refused = await exchange(client, login, CONNACK_ACCEPTED);
      if (refused !== undefined) return refused;
    }
    for (const step of sequence.steps) {
      const difference = await play(step, client, port);
      if (difference !== undefined) return difference;
    }
    return sequence.endsClosed ? await expectClosed(client) : await exchange(client, PINGREQ, PINGRESP);
  } finally {
    client.destroy();
  }
}

async function play(step: Step, client: ByteClient, port: number): Promise<Difference | undefined> {
  switch (step.type) {
    case "send":
      client.send(bytesOfWords(step.payload));
      return undefined;
    case "recv":
      return expectBytes(client, bytesOfWords(step.payload));
    case "subscribe":
      return exchange(
        client,
        packet(0x82, bigEndian(1), text(step.topic), Buffer.from([step.qos])),
        Buffer.from([0x90, 3, 0, 1, step.qos]),
      );
    case "unsubscribe":
      return exchange(client, packet(0xa2, bigEndian(1), text(step.topic)), Buffer.from([0xb0, 2, 0, 1]));
    case "external_publish":
      return publishElsewhere(step, port);
    default:
      return step satisfies never;
  }
}

/** Publishes as another client and goes through the handshake of the QoS. */
async function publishElsewhere(
  { topic, payload, qos, retain }: External,
  port: number,
): Promise<Difference | undefined> {
  const publisher = await ByteClient.open(port);
  try {
    const id = qos === 0 ? Buffer.alloc(0) : bigEndian(1);
    const publish = packet(0x30 | (qos << 1) | (retain ? 1 : 0), text(topic), id, Buffer.from(payload));
    const handshakes: readonly (readonly [sent: Buffer, answer: Buffer])[][] = [
      [[publish, Buffer.alloc(0)]],
      [[publish, packet(0x40, id)]],
      [
        [publish, packet(0x50, id)],
        [packet(0x62, id), packet(0x70, id)],
      ],
    ];
    const steps = [[connectPacket("another publisher", 4), CONNACK_ACCEPTED] as const, ...(handshakes[qos] ?? [])];
    for (const [sent, answer] of steps) {
      const difference = await exchange(publisher, sent, answer);
      if (difference !== undefined) return { ...difference, expected: `the other publisher: ${difference.expected}` };
    }
    return await exchange(publisher, PINGREQ, PINGRESP);
  } finally {
    publisher.destroy();
  }
}

async function exchange(client: ByteClient, sent: Buffer, answer: Buffer): Promise<Difference | undefined> {
  client.send(sent);
  return expectBytes(client, answer);
}

async function expectBytes(client: ByteClient, expected: Buffer): Promise<Difference | undefined> {
  const came = await client.read(expected.length);
  return came.equals(expected) ? undefined : { expected: shown(expected), came: shown(came) };
}

async function expectClosed(client: ByteClient): Promise<Difference | undefined> {
  if (await client.isClosed()) return undefined;
  const { unread } = client;
  return { expected: "closed", came: unread.length === 0 ? "still open" : `still open, and ${shown(unread)}` };
}

function connectPacket(clientId: string, level: number): Buffer {
  const name = text(level === 3 ? "MQIsdp" : "MQTT");
  return packet(0x10, name, Buffer.from([level, 0x02]), bigEndian(KEEPALIVE_S), text(clientId));
}

const shown = (bytes: Buffer): string => (bytes.length === 0 ? "nothing" : bytes.toString("hex"));

const bigEndian = (number: number): Buffer => Buffer.from([number >> 8, number & 0xff]);

function text(words: string): Buffer {
  const bytes = Buffer.from(words);
  return Buffer.concat([bigEndian(bytes.length), bytes]);
}

function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([first]), variableLength(body.length), body]);
}
