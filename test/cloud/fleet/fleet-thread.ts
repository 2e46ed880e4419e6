import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import type { FleetSettings } from "../../../cloud/fleet/fleet-calls.ts";
import { type FleetThread, startFleet } from "../../../cloud/fleet/start-fleet.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Settings of the fleet's thread with all its files in one folder. */
export const fleetSettingsIn = (folder: string, change: Partial<FleetSettings> = {}): FleetSettings => ({
  folder: join(folder, "fleet"),
  file: join(folder, "fleet.db"),
  twinsFile: join(folder, "twins.db"),
  stateFile: join(folder, "state.db"),
  artefactFolder: join(folder, "artefacts"),
  updateKeys: [],
  roundMs: 100,
  own: null,
  lifeMs: 90 * 86_400_000,
  logLevel: "silent",
  ...change,
});

/** The real thread of the fleet on fresh files; it is closed when the test has finished. */
export async function startTestFleet(change: Partial<FleetSettings> = {}): Promise<FleetThread> {
  const fleet = await startFleet(fleetSettingsIn(await tempFolder(), change), systemClock);
  onTestFinished(() => fleet.close());
  return fleet;
}
