import type { Profile } from "./profile.ts";

/** A camera that watches one waste site from a wall. */
export const yardCamera: Profile = {
  title: "a camera at one waste site, by cable or Wi-Fi of the house",
  program: "edge",
  settings: { CAMERA: "auto", READING_EVERY_S: "300", READINGS_PER_PACK: "6", HEALTH_EVERY_S: "300" },
  sensors: [],
  network: { accessPoint: false, lte: false },
  memory: { highMiB: 320, maxMiB: 448 },
};
