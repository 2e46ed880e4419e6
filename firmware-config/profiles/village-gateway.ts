import type { Profile } from "./profile.ts";

/** A broker of a village: takes in what its devices send while the way to the city is away, for weeks if need be. */
export const villageGateway: Profile = {
  title: "a village's gateway: keeps what its devices send and passes it on to the city",
  program: "gateway",
  settings: { HOST: "0.0.0.0", PORT: "8883", JOURNAL_BYTES: "8589934592", CONSUMER_GROUPS: "none" },
  sensors: [],
  network: { accessPoint: false, lte: true },
  memory: { highMiB: 384, maxMiB: 512 },
};
