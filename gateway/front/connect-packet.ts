import { LEVEL } from "#mqtt/connect.ts";
import type { Frame } from "#mqtt/framer.ts";

/** CONNACK return codes that the front gives (MQTT 3.1.1, 3.2.2.3). */
export const CONNACK = {
  protocolVersion: 1,
  clientId: 2,
  unavailable: 3,
  badCredentials: 4,
  notAuthorised: 5,
} as const;

/** A CONNACK that refuses. */
export const refusingConnack = (code: number): Buffer => Buffer.from([0x20, 2, 0, code]);

const FLAG_CLEAN_SESSION = 0x02;

/**
 * The same CONNECT for the broker: without a keep-alive time, which the front keeps itself, and without the flag that
 * MQTT 3.1 ignores and a parser of 3.1.1 refuses. Its session is clean, or as the client asked where it may be `lasting`.
 */
export function connectForBroker({ bytes, bodyAt }: Frame, session: "clean" | "lasting"): Buffer {
  const copy = Buffer.from(bytes);
  const levelAt = bodyAt + 2 + copy.readUInt16BE(bodyAt);
  const flagsAt = levelAt + 1;
  if (copy.readUInt8(levelAt) === LEVEL.MQIsdp) copy.writeUInt8(copy.readUInt8(flagsAt) & 0xfe, flagsAt);
  if (session === "clean") copy.writeUInt8(copy.readUInt8(flagsAt) | FLAG_CLEAN_SESSION, flagsAt);
  copy.writeUInt16BE(0, flagsAt + 1);
  return copy;
}

/** The same CONNACK, saying that there is a session from before. */
export function sessionPresent(connack: Frame): Frame {
  const bytes = Buffer.from(connack.bytes);
  bytes.writeUInt8(1, connack.bodyAt);
  return { ...connack, bytes };
}
