import { type Frame, ProtocolError } from "./framer.ts";
import { PACKET } from "./packet-types.ts";
import { decodeTopic, type TopicMemo } from "./topic-memo.ts";

/** A PUBLISH as it lies in its frame; `payload` shares the frame's memory. `messageId` is 0 at QoS 0. */
export interface Publish {
  readonly topic: string;
  readonly messageId: number;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly payload: Buffer;
}

/**
 * Reads a PUBLISH straight from its frame; `memo` is that of its sender. Throws `ProtocolError` where flags, topic or message
 * id are not as they must be.
 */
export function parsePublish({ flags, bytes, bodyAt }: Frame, memo?: TopicMemo): Publish {
  if (bytes.length < bodyAt + 2) throw new ProtocolError("malformed-packet", "a PUBLISH without a topic");
  const topicBytes = bytes.readUInt16BE(bodyAt);
  const qos = (flags >> 1) & 3;
  const dup = (flags & 8) === 8;
  if (qos === 3 || (qos === 0 && dup)) throw new ProtocolError("malformed-packet", "QoS 3, or a repetition at QoS 0");
  const topicEnd = bodyAt + 2 + topicBytes;
  const payloadAt = qos > 0 ? topicEnd + 2 : topicEnd;
  if (topicBytes === 0 || payloadAt > bytes.length) {
    throw new ProtocolError("malformed-packet", "a PUBLISH that ends within its header");
  }
  const topic = memo?.decode(bytes, bodyAt + 2, topicEnd) ?? decodeTopic(bytes, bodyAt + 2, topicEnd);
  const messageId = qos > 0 ? bytes.readUInt16BE(topicEnd) : 0;
  if (qos > 0 && messageId === 0) throw new ProtocolError("malformed-packet", "a message id of 0");
  return {
    topic,
    messageId,
    qos,
    retain: (flags & 1) === 1,
    dup,
    payload: bytes.subarray(payloadAt),
  };
}

/** What a QoS 1 delivery is made of. */
export interface Delivery {
  readonly topic: string;
  readonly messageId: number;
  readonly payload: Uint8Array;
  readonly dup: boolean;
}

/** The whole QoS 1 PUBLISH packet of a delivery. */
export const publishPacket = (delivery: Delivery): Buffer => publishPackets([delivery]);

/** The QoS 1 PUBLISH packets of some deliveries, as one piece of bytes. */
export function publishPackets(deliveries: readonly Delivery[]): Buffer {
  const sizes = deliveries.map(sizeOf);
  const packets = Buffer.allocUnsafe(sizes.reduce((sum, { packetBytes }) => sum + packetBytes, 0));
  let at = 0;
  deliveries.forEach((delivery, i) => {
    const size = sizes[i];
    if (size !== undefined) at = writePublish(packets, at, delivery, size);
  });
  return packets;
}

interface PublishSize {
  readonly topicBytes: number;
  readonly remaining: number;
  readonly packetBytes: number;
}

function sizeOf({ topic, payload }: Delivery): PublishSize {
  const topicBytes = Buffer.byteLength(topic);
  const remaining = 2 + topicBytes + 2 + payload.length;
  const lengthBytes = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
  return { topicBytes, remaining, packetBytes: 1 + lengthBytes + remaining };
}

function writePublish(packets: Buffer, start: number, delivery: Delivery, size: PublishSize): number {
  packets[start] = (PACKET.publish << 4) | (delivery.dup ? 0x0a : 0x02);
  let at = start + 1;
  let left = size.remaining;
  do {
    packets[at] = (left & 0x7f) | (left > 0x7f ? 0x80 : 0);
    left >>= 7;
    at += 1;
  } while (left > 0);
  at = packets.writeUInt16BE(size.topicBytes, at);
  at += packets.write(delivery.topic, at, "utf8");
  at = packets.writeUInt16BE(delivery.messageId, at);
  packets.set(delivery.payload, at);
  return at + delivery.payload.length;
}

/** The PUBACK packets of some message ids, as one piece of bytes. */
export function pubackPackets(messageIds: readonly number[]): Buffer {
  const packets = Buffer.allocUnsafe(messageIds.length * 4);
  let at = 0;
  for (const messageId of messageIds) {
    packets.writeUInt16BE((PACKET.puback << 12) | 2, at);
    packets.writeUInt16BE(messageId, at + 2);
    at += 4;
  }
  return packets;
}

/** The message id of an acknowledgement, a SUBACK or an UNSUBACK: the first two bytes of its body. */
export function messageIdOf({ bytes, bodyAt }: Frame): number {
  if (bytes.length < bodyAt + 2) throw new ProtocolError("malformed-packet", "a packet without its message id");
  return bytes.readUInt16BE(bodyAt);
}

/** PINGREQ, PINGRESP and DISCONNECT have no body. */
export const emptyPacket = (type: 12 | 13 | 14): Buffer => Buffer.from([type << 4, 0]);
