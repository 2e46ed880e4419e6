import type { PlantowerFrame } from "../../../edge/sensors/plantower-frames.ts";

/** The bytes of a frame, as a Plantower would send them. */
export function plantowerBytes(frame: PlantowerFrame): Uint8Array {
  const body = Buffer.alloc(frame.kind === "reply" ? 2 : 2 * frame.words.length);
  if (frame.kind === "reply") body.set([frame.command, frame.value]);
  else for (const [i, word] of frame.words.entries()) body.writeUInt16BE(word, 2 * i);
  const bytes = Buffer.alloc(body.length + 6);
  bytes.set([0x42, 0x4d]);
  bytes.writeUInt16BE(body.length + 2, 2);
  bytes.set(body, 4);
  const sum = bytes.subarray(0, -2).reduce((total, byte) => total + byte, 0);
  bytes.writeUInt16BE(sum & 0xffff, bytes.length - 2);
  return bytes;
}

/** Words of a PMS5003 in air of so much PM2.5, with particles to match; no error. */
export const plantowerWords = (pm25: number): readonly number[] => [
  pm25,
  pm25,
  pm25 + 1,
  pm25,
  pm25,
  pm25 + 1,
  pm25 * 100,
  pm25 * 30,
  pm25 * 5,
  2,
  1,
  0,
  0x9700,
];
