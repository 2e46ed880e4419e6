/** What a JPEG says of itself, read without decoding anything. */
export interface JpegHeader {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly components: number;
  readonly bits: number;
  /** All coefficients of a progressive picture lie in memory before its first line is there. */
  readonly isProgressive: boolean;
  /** Each pass goes over the whole picture: a few bytes of file for each make hours of work. */
  readonly scans: number;
  /** Of more than one picture, with an index of them, as phones write them (CIPA DC-007). */
  readonly isIndexed: boolean;
  /** Another picture begins right behind the first. */
  readonly goesOn: boolean;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP2 = 0xe2;
/** Frame headers of all kinds are C0 to CF, but for tables (C4), an extension (C8) and arithmetic conditioning (CC). */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** Baseline, extended, progressive with Huffman codes: what cameras write. The others are lossless, hierarchical, arithmetic. */
const KNOWN_FRAMES: readonly number[] = [0xc0, 0xc1, 0xc2];
const PROGRESSIVE = 0xc2;
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Walks over a JPEG's segments to the end of its first picture; one look at each byte at most. Gives what is wrong as a text
 * where it is no whole JPEG of a known kind; what lies behind its end is not looked at.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frame: Pick<JpegHeader, "widthPx" | "heightPx" | "components" | "bits" | "isProgressive"> | undefined;
  let scans = 0;
  let isIndexed = false;
  let at = 2;
  for (;;) {
    at = nextMarker(bytes, at);
    const marker = bytes[at - 1];
    if (marker === undefined) return "it is cut off";
    if (marker === EOI) break;
    if (standsAlone(marker)) continue;
    if (at + 2 > bytes.length) return "it is cut off";
    const length = view.getUint16(at);
    if (length < 2) return "a segment of it is shorter than its own length";
    if (isFrame(marker)) {
      if (frame !== undefined) return "it has two frames";
      if (!KNOWN_FRAMES.includes(marker) || at + 8 > bytes.length) return "it is of a kind that no camera writes";
      const [bits, heightPx, widthPx] = [view.getUint8(at + 2), view.getUint16(at + 3), view.getUint16(at + 5)];
      const components = view.getUint8(at + 7);
      frame = { widthPx, heightPx, components, bits, isProgressive: marker === PROGRESSIVE };
    }
    if (marker === SOS) scans += 1;
    if (marker === APP2 && Buffer.from(bytes.subarray(at + 2, at + 6)).toString("latin1") === "MPF\0") isIndexed = true;
    at += length;
  }
  if (frame === undefined || scans === 0) return "there is no picture in it";
  return { ...frame, scans, isIndexed, goesOn: bytes[at] === 0xff && bytes[at + 1] === SOI };
}

/** The place behind the next marker's two bytes; within coded data 0xFF is followed by 0 or by a restart marker. */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return bytes.length + 1;
    while (bytes[at] === 0xff) at += 1;
    const marker = bytes[at];
    if (marker === undefined) return bytes.length + 1;
    at += 1;
    if (marker !== 0) return at;
  }
}
