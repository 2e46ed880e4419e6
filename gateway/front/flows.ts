import { type Frame, ProtocolError } from "#mqtt/framer.ts";
import { PACKET } from "#mqtt/packet-types.ts";
import { messageIdOf, type Publish } from "#mqtt/publish.ts";

/** What a delivery waits for; a PUBREL goes out between the last two. */
type Awaited = typeof PACKET.puback | typeof PACKET.pubrec | typeof PACKET.pubcomp;

/** A delivery of the broker that the client has not acknowledged to the end. */
interface Delivery {
  readonly brokerId: number;
  awaited: Awaited;
}

const MAX_ID = 0xffff;
/** A message id in use may come once more, when the client was in doubt; whoever uses it a third time does not listen. */
const MAX_USES = 2;

/**
 * Which acknowledgements of the broker's deliveries are due on one connection, and under which message ids.
 *
 * Where the session ends with the connection the client sees ids from 1 upwards (the inner broker starts anywhere); a
 * session that goes on keeps the broker's own, since they must be the same after a reconnect.
 */
export class Flows {
  readonly #renumbers: boolean;
  readonly #deliveries = new Map<number, Delivery>();
  readonly #idOfBrokerId = new Map<number, number>();
  readonly #usesOfQos2Ids = new Map<number, number>();
  #lastId = 0;

  constructor(endsWithConnection: boolean) {
    this.#renumbers = endsWithConnection;
  }

  /** The bytes of a broker's packet as the client shall see them. Throws `ProtocolError` where no message id is free. */
  toClient(frame: Frame): Buffer {
    if (frame.type === PACKET.publish) return this.#toClient(frame);
    if (frame.type !== PACKET.pubrel) return frame.bytes;
    const brokerId = messageIdOf(frame);
    const id = this.#idOfBrokerId.get(brokerId) ?? brokerId;
    this.#deliveries.set(id, { brokerId, awaited: PACKET.pubcomp });
    return withId(frame.bytes, frame.bodyAt, id);
  }

  /**
   * What becomes of a client's PUBACK, PUBREC or PUBCOMP: one that belongs to no delivery is no offence, and a PUBREC is
   * answered even then. Throws `ProtocolError` where another one was due.
   */
  fromClient(frame: Frame): { readonly isDue: boolean; readonly forBroker?: Buffer; readonly answer?: Buffer } {
    const id = messageIdOf(frame);
    const delivery = this.#deliveries.get(id);
    if (delivery === undefined) {
      if (!this.#renumbers) return { isDue: false, forBroker: frame.bytes };
      return frame.type === PACKET.pubrec ? { isDue: false, answer: pubrelPacket(id) } : { isDue: false };
    }
    const isRepeatedPubrec = frame.type === PACKET.pubrec && delivery.awaited === PACKET.pubcomp;
    if (frame.type !== delivery.awaited && !isRepeatedPubrec) {
      throw new ProtocolError("malformed-packet", "an acknowledgement of another kind than the delivery asks for");
    }
    if (frame.type !== PACKET.pubrec) {
      this.#deliveries.delete(id);
      this.#idOfBrokerId.delete(delivery.brokerId);
    }
    return { isDue: !isRepeatedPubrec, forBroker: withId(frame.bytes, frame.bodyAt, delivery.brokerId) };
  }

  /** Takes note of a publish of the client. Throws `ProtocolError` where its message id is in use and was repeated. */
  usePublish({ qos, messageId }: Publish): void {
    if (qos !== 2) return;
    const uses = (this.#usesOfQos2Ids.get(messageId) ?? 0) + 1;
    if (uses > MAX_USES) throw new ProtocolError("malformed-packet", "a message id that is in use");
    this.#usesOfQos2Ids.set(messageId, uses);
  }

  /** The client has released a message id of QoS 2. */
  release(messageId: number): void {
    this.#usesOfQos2Ids.delete(messageId);
  }

  #toClient({ flags, bytes, bodyAt }: Frame): Buffer {
    const qos = (flags >> 1) & 3;
    if (qos === 0) return bytes;
    const idAt = bodyAt + 2 + bytes.readUInt16BE(bodyAt);
    const brokerId = bytes.readUInt16BE(idAt);
    const id = this.#renumbers ? this.#nextId() : brokerId;
    this.#deliveries.set(id, { brokerId, awaited: qos === 1 ? PACKET.puback : PACKET.pubrec });
    this.#idOfBrokerId.set(brokerId, id);
    return withId(bytes, idAt, id);
  }

  #nextId(): number {
    for (let tries = 0; tries < MAX_ID; tries += 1) {
      this.#lastId = (this.#lastId % MAX_ID) + 1;
      if (!this.#deliveries.has(this.#lastId)) return this.#lastId;
    }
    throw new ProtocolError("malformed-packet", "all message ids wait for acknowledgements");
  }
}

const pubrelPacket = (id: number): Buffer => Buffer.from([(PACKET.pubrel << 4) | 2, 2, id >> 8, id & 0xff]);

/** A copy with another message id: the bytes may belong to someone who uses them again. */
function withId(bytes: Buffer, at: number, id: number): Buffer {
  if (bytes.readUInt16BE(at) === id) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(id, at);
  return copy;
}
