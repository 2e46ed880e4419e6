import { generate, type Packet, parser } from "mqtt-packet";
import { type Frame, ProtocolError } from "./framer.ts";

const MQTT_3_1_1 = 4;

/** Parses one of the rare packets (CONNECT, SUBSCRIBE and their answers). Throws `ProtocolError`. */
export function parseControl(frame: Frame): Packet {
  let packet: Packet | undefined;
  let failure: unknown;
  const reader = parser({ protocolVersion: MQTT_3_1_1 });
  reader.on("packet", (read) => {
    packet = read;
  });
  reader.on("error", (error) => {
    failure = error;
  });
  try {
    reader.parse(frame.bytes);
  } catch (error) {
    failure = error;
  }
  if (failure !== undefined || packet === undefined) {
    throw new ProtocolError("malformed-packet", `a packet of type ${frame.type} that cannot be read`, {
      cause: failure,
    });
  }
  return packet;
}

/** The bytes of one of the rare packets. */
export const controlPacket = (packet: Packet): Buffer => generate(packet);
