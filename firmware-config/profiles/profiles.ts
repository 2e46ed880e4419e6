import { airPost } from "./air-post.ts";
import { airPostSolar } from "./air-post-solar.ts";
import type { Profile } from "./profile.ts";
import { truck } from "./truck.ts";
import { villageGateway } from "./village-gateway.ts";
import { yardCamera } from "./yard-camera.ts";

/** Every kind of device. */
export const PROFILES = {
  truck,
  "air-post": airPost,
  "air-post-solar": airPostSolar,
  "village-gateway": villageGateway,
  "yard-camera": yardCamera,
} as const satisfies Record<string, Profile>;
export type ProfileName = keyof typeof PROFILES;

/** Their names, for a schema. */
export const PROFILE_NAMES = [
  "truck",
  "air-post",
  "air-post-solar",
  "village-gateway",
  "yard-camera",
] as const satisfies readonly ProfileName[];
