import type { Profile } from "./profile.ts";

/** A refuse truck: camera, satellites, modem, and its own Wi-Fi for the driver. */
export const truck: Profile = {
  title: "a refuse truck: photos of waste sites, position, the driver's page on its own Wi-Fi",
  program: "edge",
  settings: { CAMERA: "auto", READING_EVERY_S: "60", READINGS_PER_PACK: "10", HEALTH_EVERY_S: "300" },
  sensors: [{ name: "gps" }, { name: "bme280" }],
  network: { accessPoint: true, lte: true },
  // Anonymous: the program with photos 136 MB, a network on trial beside it 72 (BENCHMARKS.md).
  memory: { highMiB: 320, maxMiB: 448 },
};
