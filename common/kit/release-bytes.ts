/**
 * Gives bytes back at once, instead of when the collector gets to it; nobody may look at them any more, and nothing outside
 * of JavaScript (a socket, a library's thread) may still read them.
 *
 * A collector that sees only a small handle lets tens of megabytes pile up outside the JavaScript heap, and pieces of all
 * sizes that are freed together leave holes that malloc keeps. Bytes that share their memory with others stay as they are.
 */
export function releaseBytes({ buffer, byteLength }: ArrayBufferView): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
