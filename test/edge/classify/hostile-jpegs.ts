import sharp from "sharp";

/** Segments of a JPEG up to the coded data, and the rest: enough to make it lie. */
export interface Segment {
  readonly marker: number;
  readonly bytes: Buffer;
}

/** Takes a JPEG apart; the last piece holds everything from the first scan on. */
export function segmentsOf(jpeg: Uint8Array): { readonly segments: readonly Segment[]; readonly coded: Buffer } {
  const bytes = Buffer.from(jpeg);
  const segments: Segment[] = [];
  let at = 2;
  for (;;) {
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xda) return { segments, coded: bytes.subarray(at) };
    const length = 2 + bytes.readUInt16BE(at + 2);
    segments.push({ marker, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
}

/** The same JPEG with some of its segments changed, and others put before them. */
export function changed(
  jpeg: Uint8Array,
  change: (segment: Segment) => Buffer | undefined,
  before: readonly Buffer[] = [],
): Buffer {
  const { segments, coded } = segmentsOf(jpeg);
  const kept = segments.flatMap((segment) => change(segment) ?? []);
  return Buffer.concat([Buffer.of(0xff, 0xd8), ...before, ...kept, coded]);
}

const isFrame = ({ marker }: Segment) => marker >= 0xc0 && marker <= 0xc2;

/** The same JPEG with another size in its header. */
export const sized = (jpeg: Uint8Array, widthPx: number, heightPx: number): Buffer =>
  changed(jpeg, (segment) => {
    if (!isFrame(segment)) return segment.bytes;
    const frame = Buffer.from(segment.bytes);
    frame.writeUInt16BE(heightPx, 5);
    frame.writeUInt16BE(widthPx, 7);
    return frame;
  });

/** The same JPEG that says that it has so many bits a colour. */
export const withBits = (jpeg: Uint8Array, bits: number): Buffer =>
  changed(jpeg, (segment) => {
    if (!isFrame(segment)) return segment.bytes;
    const frame = Buffer.from(segment.bytes);
    frame.writeUInt8(bits, 4);
    return frame;
  });

/** An EXIF segment with one orientation, whatever that is. */
export function exifOf(orientation: number): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write("II*\0\x08\0\0\0\x01\0", 0, "latin1");
  tiff.writeUInt16LE(0x0112, 10);
  tiff.writeUInt16LE(3, 12);
  tiff.writeUInt32LE(1, 14);
  tiff.writeUInt16LE(orientation, 18);
  return app1(Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]));
}

/** An EXIF segment that points four gigabytes behind its end, and says that its thumbnail lies there. */
export function lyingExif(): Buffer {
  const tiff = Buffer.alloc(64, 0xff);
  tiff.write("II*\0\x08\0\0\0\xff\xff", 0, "latin1");
  return app1(Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]));
}

const app1 = (content: Buffer): Buffer => {
  const head = Buffer.of(0xff, 0xe1, 0, 0);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
};

/** A progressive JPEG whose last pass is repeated: small on disk, long to decode. */
export async function manyScans(passes: number): Promise<Buffer> {
  const create = { width: 800, height: 800, channels: 3 as const, background: "#7f7f7f" };
  const jpeg = await sharp({ create }).jpeg({ progressive: true }).toBuffer();
  const last = jpeg.lastIndexOf(Buffer.of(0xff, 0xda));
  const scan = jpeg.subarray(last, jpeg.length - 2);
  return Buffer.concat([jpeg.subarray(0, last), ...Array.from({ length: passes }, () => scan), Buffer.of(0xff, 0xd9)]);
}
