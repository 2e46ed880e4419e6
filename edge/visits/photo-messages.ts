import { createHash } from "node:crypto";
import { limits } from "#contract/limits.ts";
import type { TimeStamp } from "../health/device-time.ts";
import type { NewChunk, NewPhotoNotice } from "../outbox/new-message.ts";

/** SHA-256 in lower-case hex. */
export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The notice of a photo and the chunks that carry it. */
export function photoMessages(photo: Uint8Array, stamp: TimeStamp): (NewPhotoNotice | NewChunk)[] {
  const sha = sha256Of(photo);
  const n = Math.ceil(photo.length / limits.chunkBytes);
  const chunks = Array.from({ length: n }, (_, i): NewChunk => {
    const bytes = photo.subarray(i * limits.chunkBytes, (i + 1) * limits.chunkBytes);
    return { kind: "chunk", ...stamp, sha, i, n, bytes };
  });
  return [{ kind: "photo", ...stamp, sha, bytes: photo.length, n }, ...chunks];
}
