import type { Journal } from "#journal/journal.ts";
import type { Will } from "#mqtt/connect.ts";

/**
 * The wills of those who are connected. A gateway that is killed cannot publish them; the next one does, for whoever has
 * not come back, so that nobody stays "online" for ever.
 */
export interface Wills {
  /** A client has connected, with a will or without; gives what to call when it has gone and its will was dealt with. */
  arrive(clientId: string, will: Will | undefined): () => void;
  /** Wills of an earlier life whose clients have not come back. */
  unspoken(): readonly (Will & { readonly clientId: string })[];
}

const PREFIX = "will ";
/** A byte for QoS and retain, the length of the topic (u16), the topic, the payload. */
const HEADER_BYTES = 3;

/**
 * Wills beside the journal's log. They are committed lazily: a client whose CONNECT came within the last moments before a
 * kill may be without one. `onTrouble` hears of a disk that does not take them.
 */
export async function journaledWills(journal: Journal, onTrouble: (error: unknown) => void): Promise<Wills> {
  const unspoken = new Map<string, Will>();
  for (const [name, bytes] of await journal.kept(PREFIX)) {
    unspoken.set(name.slice(PREFIX.length), decode(Buffer.from(bytes)));
  }
  /** The connection that a client's kept will belongs to. */
  const holders = new Map<string, symbol>();
  const keep = (clientId: string, will: Will | undefined) => {
    journal.keep(`${PREFIX}${clientId}`, will === undefined ? null : encode(will)).catch(onTrouble);
  };
  return {
    arrive: (clientId, will) => {
      const holder = Symbol(clientId);
      if (will !== undefined || holders.has(clientId) || unspoken.has(clientId)) keep(clientId, will);
      unspoken.delete(clientId);
      if (will === undefined) holders.delete(clientId);
      else holders.set(clientId, holder);
      return () => {
        if (holders.get(clientId) !== holder) return;
        holders.delete(clientId);
        keep(clientId, undefined);
      };
    },
    unspoken: () => [...unspoken].map(([clientId, will]) => ({ clientId, ...will })),
  };
}

/** For the open mode: its wills end with the process. */
export const forgottenWills: Wills = { arrive: () => () => undefined, unspoken: () => [] };

function encode({ topic, payload, qos, retain }: Will): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8((qos << 1) | (retain ? 1 : 0), 0);
  header.writeUInt16BE(Buffer.byteLength(topic), 1);
  return Buffer.concat([header, Buffer.from(topic), payload]);
}

function decode(bytes: Buffer): Will {
  const flags = bytes.readUInt8(0);
  const payloadAt = HEADER_BYTES + bytes.readUInt16BE(1);
  return {
    topic: bytes.toString("utf8", HEADER_BYTES, payloadAt),
    payload: bytes.subarray(payloadAt),
    qos: flags >> 1,
    retain: (flags & 1) === 1,
  };
}
