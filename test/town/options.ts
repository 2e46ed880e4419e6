import { parseArgs } from "node:util";

/** What `npm start --` takes. */
export interface TownOptions {
  readonly photos: string | undefined;
  readonly air: { readonly file: string; readonly id: string } | undefined;
  readonly help: boolean;
}

export const TOWN_HELP = `Runs a small town on this one machine and prints the address of its map.

  npm start                                     drawn photos and simulated sensors (marked demo)
  npm start -- --photos DIR                     the truck takes the photographs of a folder, subfolders too
  npm start -- --air FILE --air-id ID           the air post replays one sensor of a recording (marked replay):
                                                a PurpleAir table (id, pm2.5_atm_a) or a Sensor.Community one (P1, P2)

Settings are environment variables:
  PORT          port of the map on 127.0.0.1 [8080]
  DATA_DIR      where the town keeps everything: credentials, journals, stores, logs [data]
  GATEWAY_PORT  port of the MQTT gateway on 127.0.0.1 [18830, or a free one when it is taken]
`;

/** Reads the command line; throws with one clear line for what it does not know. */
export function readOptions(args: readonly string[]): TownOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      photos: { type: "string" },
      air: { type: "string" },
      "air-id": { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { photos, air, "air-id": id, help } = values;
  if ((air === undefined) !== (id === undefined)) throw new Error("--air FILE and --air-id ID belong together");
  return { photos, air: air !== undefined && id !== undefined ? { file: air, id } : undefined, help };
}
