/** The bytes that some hex digits spell. */
export const ofHex = (hex: string): Uint8Array => Buffer.from(hex, "hex");

/** Bytes as upper-case hex digits, as the papers print them. */
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();
