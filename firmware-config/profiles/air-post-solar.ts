import type { Profile } from "./profile.ts";

/** An air post on a panel and a battery: the fan and the radio are what it pays for. */
export const airPostSolar: Profile = {
  title: "an air post on solar power: the sensors sleep between rounds, one message an hour, a modem",
  program: "edge",
  settings: {
    READING_EVERY_S: "600",
    READINGS_PER_PACK: "6",
    HEALTH_EVERY_S: "3600",
    POWER_PROFILE: "solar",
    PARTICLE_ASK: "true",
    PARTICLE_WORK_S: "45",
  },
  sensors: [{ name: "sds011" }, { name: "bme280" }],
  network: { accessPoint: false, lte: true },
  memory: { highMiB: 160, maxMiB: 256 },
};
