import { type ShdlcFrame, stuff } from "../../../edge/sensors/shdlc-frames.ts";

/** The bytes of an answer of address 0. */
export function shdlcBytes({ command, state, data }: ShdlcFrame): Uint8Array {
  const plain = Buffer.from([0, command, state, data.length, ...data]);
  const check = ~plain.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return Buffer.from([0x7e, ...stuff(Buffer.from([...plain, check])), 0x7e]);
}

/** Ten floats of a measurement. */
export function sps30Data(floats: readonly number[]): Uint8Array {
  const data = Buffer.alloc(4 * floats.length);
  for (const [i, float] of floats.entries()) data.writeFloatBE(float, 4 * i);
  return Uint8Array.from(data);
}
