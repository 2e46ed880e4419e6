import { parseControl } from "#mqtt/control.ts";
import { type Frame, ProtocolError } from "#mqtt/framer.ts";
import type { Login } from "../access/accounts.ts";

/** What the front needs of a CONNECT. */
export interface ConnectRequest {
  readonly login: Login;
  readonly protocolVersion: number;
  readonly keepaliveS: number;
  readonly willTopic: string | undefined;
  /** The same packet without a keep-alive time: the front keeps that itself. */
  readonly forBroker: Buffer;
}

/** CONNACK return codes that the front gives (MQTT 3.1.1, 3.2.2.3). */
export const CONNACK = { protocolVersion: 1, clientId: 2, badCredentials: 4, notAuthorised: 5 } as const;

/** A CONNACK that refuses. */
export const refusingConnack = (code: number): Buffer => Buffer.from([0x20, 2, 0, code]);

/** Reads a CONNECT. Throws `ProtocolError`. */
export function readConnect(frame: Frame): ConnectRequest {
  const packet = parseControl(frame);
  if (packet.cmd !== "connect") throw new ProtocolError("malformed-packet", "the first packet is not a CONNECT");
  return {
    login: {
      clientId: packet.clientId,
      username: packet.username ?? "",
      password: packet.password ?? new Uint8Array(),
    },
    protocolVersion: packet.protocolVersion ?? 0,
    keepaliveS: packet.keepalive ?? 0,
    willTopic: packet.will?.topic,
    forBroker: withoutKeepalive(frame),
  };
}

function withoutKeepalive({ bytes, bodyAt }: Frame): Buffer {
  const copy = Buffer.from(bytes);
  const nameBytes = copy.readUInt16BE(bodyAt);
  copy.writeUInt16BE(0, bodyAt + 2 + nameBytes + 2);
  return copy;
}
