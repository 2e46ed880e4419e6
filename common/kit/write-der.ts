/** Tags of the elements that are written with this (X.690, 8). */
export const DER = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  /** An explicit `[0]`. */
  context0: 0xa0,
} as const;

/** One element of DER (X.690, 8.1): tag, length, contents; of up to 4 GiB. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag, ...lengthOf(body.length)), body]);
}

/** A whole number that is not negative, given big-endian: without needless zeros, but one where the first bit would say minus. */
export function derInteger(hex: string): Buffer {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const digits = even.replace(/^(00)+(?=..)/, "");
  const isHigh = Number.parseInt(digits.slice(0, 2), 16) >= 0x80;
  return der(DER.integer, Buffer.from(isHigh ? `00${digits}` : digits, "hex"));
}

/** A moment as RFC 5280 (4.1.2.5) writes it: to the second, two digits for the year until 2049, then four. */
export function derTime(ms: number): Buffer {
  const at = new Date(ms);
  const digits = `${at.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
  const isShort = at.getUTCFullYear() < 2050;
  return der(isShort ? DER.utcTime : DER.generalizedTime, Buffer.from(isShort ? digits.slice(2) : digits));
}

/** Below 128 the length itself, else how many bytes it has, and they. */
function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return [0x80 | bytes.length, ...bytes];
}
