import { BodyReader } from "./body-reader.ts";
import { type Frame, ProtocolError } from "./framer.ts";

/** Protocol levels by the name that goes with them: MQTT 3.1.1 and 3.1. */
export const LEVEL = { MQTT: 4, MQIsdp: 3 } as const;

/** What a client says of itself when it connects. */
export interface Connect {
  readonly kind: "connect";
  readonly level: number;
  readonly cleanSession: boolean;
  readonly keepaliveS: number;
  readonly clientId: string;
  readonly will: Will | undefined;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
}

/** What the broker publishes for a client that is lost. */
export interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
}

/** A CONNECT that gets an answer with a return code before its connection is closed (MQTT 3.1.1, 3.2.2.3). */
export interface RefusedConnect {
  readonly kind: "refused";
  readonly returnCode: 1 | 2;
  readonly why: string;
}

const FLAG = {
  reserved: 0x01,
  cleanSession: 0x02,
  will: 0x04,
  willRetain: 0x20,
  password: 0x40,
  username: 0x80,
} as const;

/**
 * Reads a CONNECT strictly. `levels` are the protocol levels that are served; another one, and an empty client id of
 * someone who wants its session kept, is refused with a return code. Throws `ProtocolError` at everything that gets none.
 */
export function parseConnect(frame: Frame, levels: readonly number[]): Connect | RefusedConnect {
  const reader = new BodyReader(frame);
  const name = reader.text("a protocol name");
  const level = reader.byte("a CONNECT");
  const flags = reader.byte("a CONNECT");
  const keepaliveS = reader.uint16("a CONNECT");
  if (name !== "MQTT" && name !== "MQIsdp") throw new ProtocolError("malformed-packet", "a protocol of another name");
  if (level !== LEVEL[name] || !levels.includes(level)) {
    return { kind: "refused", returnCode: 1, why: `${name} at level ${level}` };
  }
  requireSoundFlags(flags, level);
  const clientId = reader.text("a client id");
  const will = (flags & FLAG.will) === 0 ? undefined : readWill(reader, flags);
  const username = (flags & FLAG.username) === 0 ? undefined : reader.text("a user name");
  const password = (flags & FLAG.password) === 0 ? undefined : reader.binary("a password");
  reader.end("a CONNECT");
  const cleanSession = (flags & FLAG.cleanSession) !== 0;
  // MQTT 3.1 knows no client without an id; 3.1.1 lets it have one only for a session that ends with the connection.
  if (clientId === "" && (!cleanSession || level < LEVEL.MQTT)) {
    return { kind: "refused", returnCode: 2, why: "an empty client id" };
  }
  return { kind: "connect", level, cleanSession, keepaliveS, clientId, will, username, password };
}

function readWill(reader: BodyReader, flags: number): Will {
  return {
    topic: reader.topicName("a will's topic"),
    payload: reader.binary("a will"),
    qos: (flags >> 3) & 3,
    retain: (flags & FLAG.willRetain) !== 0,
  };
}

function requireSoundFlags(flags: number, level: number): void {
  const willQos = (flags >> 3) & 3;
  const wrong =
    (flags & FLAG.reserved) !== 0 && level >= LEVEL.MQTT
      ? "with its reserved flag set"
      : willQos === 3
        ? "with a will of QoS 3"
        : (flags & FLAG.will) === 0 && (willQos > 0 || (flags & FLAG.willRetain) !== 0)
          ? "that says how to publish a will and has none"
          : (flags & FLAG.username) === 0 && (flags & FLAG.password) !== 0
            ? "with a password and no user name"
            : undefined;
  if (wrong !== undefined) throw new ProtocolError("malformed-packet", `a CONNECT ${wrong}`);
}
