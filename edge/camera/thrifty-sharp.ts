import sharp from "sharp";

// A device looks at each photo once: nothing that is kept of it would be found again. And its cores have other work.
sharp.cache(false);
sharp.concurrency(1);

/** The image library, set to hold as little memory as it can. */
export { sharp };

/**
 * Gives a picture's bytes back at once, instead of when the collector gets to it; nobody may look at them any more.
 *
 * A decoded photo has some 4 MB outside the JavaScript heap, and a collector that sees only a small handle lets them pile up.
 */
export function releaseBytes({ buffer, byteLength }: ArrayBufferView): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
