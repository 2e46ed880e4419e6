import type { Profile } from "./profile.ts";

/** An air post on the mains, by cable or Wi-Fi of the house. */
export const airPost: Profile = {
  title: "an air post on the mains: particles and climate each minute",
  program: "edge",
  settings: { READING_EVERY_S: "60", READINGS_PER_PACK: "5", HEALTH_EVERY_S: "300", PARTICLE_WORK_S: "0" },
  sensors: [{ name: "sds011" }, { name: "bme280" }],
  network: { accessPoint: false, lte: false },
  memory: { highMiB: 160, maxMiB: 256 },
};
