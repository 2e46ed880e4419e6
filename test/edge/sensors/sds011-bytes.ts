import type { Sds011Frame } from "../../../edge/sensors/sds011-frames.ts";

/** The ten bytes of a measurement, as the sensor would send it. */
export function sds011Bytes({ pm25Tenths, pm10Tenths, id }: Sds011Frame): Uint8Array {
  const frame = Buffer.from([0xaa, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0xab]);
  frame.writeUInt16LE(pm25Tenths, 2);
  frame.writeUInt16LE(pm10Tenths, 4);
  frame.writeUInt16BE(id, 6);
  frame[8] = frame.subarray(2, 8).reduce((sum, byte) => sum + byte, 0) & 0xff;
  return frame;
}
