/** Where a chunk of an HTTP answer begins in what has come, and how long it is. */
export interface ChunkBegin {
  readonly bytes: Buffer;
  /** Of its first byte. */
  readonly at: number;
  readonly length: number;
}

const HEAD_ENDS = Buffer.from("\r\n\r\n");
const LINE_ENDS = Buffer.from("\r\n");

/**
 * Follows an answer in chunks (RFC 9112, 7.1) without keeping it: calls `onBegin` with the first bytes of each, and `onEnd` with what that
 * returned when the chunk is whole. A length that is cut in two is put together.
 */
export function readChunks<T>(onBegin: (begin: ChunkBegin) => T, onEnd: (begun: T) => void): (bytes: Buffer) => void {
  let isHead = true;
  let rest: Buffer = Buffer.alloc(0);
  let chunk: { left: number; readonly begun: T } | undefined;
  return (more) => {
    let bytes = rest.length === 0 ? more : Buffer.concat([rest, more]);
    rest = Buffer.alloc(0);
    if (isHead) {
      const end = bytes.indexOf(HEAD_ENDS);
      if (end < 0) {
        rest = bytes;
        return;
      }
      isHead = false;
      bytes = bytes.subarray(end + HEAD_ENDS.length);
    }
    for (let at = 0; at < bytes.length; ) {
      if (chunk === undefined) {
        const line = bytes.indexOf(LINE_ENDS, at);
        if (line < 0) {
          rest = bytes.subarray(at);
          return;
        }
        const length = Number.parseInt(bytes.toString("latin1", at, line), 16);
        at = line + LINE_ENDS.length;
        chunk = { left: length + LINE_ENDS.length, begun: onBegin({ bytes, at, length }) };
      }
      const taken = Math.min(chunk.left, bytes.length - at);
      chunk.left -= taken;
      at += taken;
      if (chunk.left > 0) return;
      onEnd(chunk.begun);
      chunk = undefined;
    }
  };
}
