import type { Sds011Frame } from "../../../edge/sensors/sds011-frames.ts";

/** The ten bytes of a measurement or of an answer, as the sensor would send them. */
export function sds011FrameBytes(sent: Sds011Frame): Uint8Array {
  const frame = Buffer.from([0xaa, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0xab]);
  if (sent.kind === "measurement") {
    frame.writeUInt16LE(sent.pm25Tenths, 2);
    frame.writeUInt16LE(sent.pm10Tenths, 4);
  } else {
    frame.set([0xc5, sent.command, ...sent.data], 1);
  }
  frame.writeUInt16BE(sent.id, 6);
  frame[8] = frame.subarray(2, 8).reduce((sum, byte) => sum + byte, 0) & 0xff;
  return frame;
}

/** The ten bytes of a measurement. */
export const sds011Bytes = (sent: { readonly pm25Tenths: number; readonly pm10Tenths: number; readonly id: number }) =>
  sds011FrameBytes({ kind: "measurement", ...sent });
