import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Closer, closeAll } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import { randomFrom } from "../../models/random.ts";
import { freePort } from "../support/free-port.ts";
import { defineProgram, type Program } from "../support/program.ts";
import { recordedAir, simulatedAir } from "./air-source.ts";
import { drawnRoll, photographRoll } from "./camera-roll.ts";
import { writeClimate } from "./climate-folder.ts";
import { startFleetPost } from "./fleet.ts";
import type { TownOptions } from "./options.ts";
import { FLEET, POST, TRUCK, townRegistry } from "./places.ts";
import { startSds011 } from "./sds011-simulator.ts";
import { CLOUD, type TownSecrets, townSecrets } from "./secrets.ts";
import { startRounds } from "./truck-rounds.ts";

/** Where and how the town runs. */
export interface TownPlace {
  /** The folder of all its data. */
  readonly data: string;
  readonly port: number;
  readonly gatewayPort: number;
  /** Where the cloud writes measurements, when it is not its own SQLite file (`INFLUX_…`). */
  readonly store: Readonly<Record<string, string>>;
  readonly onTrouble: (why: unknown) => void;
  /** A program left without having been asked to. */
  readonly onExit: (why: string) => void;
}

/** A running town. */
export interface Town extends Closer {
  readonly adminToken: string;
}

const READ_EVERY_S = 5;

/** What the starting steps share: the place, its secrets, and the pile of what has been started. */
interface Building {
  readonly place: TownPlace;
  readonly secrets: TownSecrets;
  readonly brokerUrl: string;
  readonly started: Closer[];
}

/**
 * Starts the three real programs and feeds them; resolves once the map is served. What keeps the map moving (the
 * fleet and the truck's rounds) goes on behind.
 */
export async function startTown(options: TownOptions, place: TownPlace): Promise<Town> {
  await mkdir(place.data, { recursive: true });
  const secrets = await townSecrets(place.data);
  const building: Building = { place, secrets, brokerUrl: `mqtt://127.0.0.1:${place.gatewayPort}`, started: [] };
  await startEverything(building, options).catch(async (error: unknown) => {
    await closeAll(building.started);
    throw error;
  });
  return { adminToken: secrets.admin, close: () => closeAll(building.started) };
}

async function startEverything(building: Building, options: TownOptions): Promise<void> {
  const truckPort = await freePort();
  // Closed in reverse: the devices first, the gateway last.
  await startServers(building);
  await Promise.all([startPost(building, options), startTruck(building, truckPort)]);
  startFleet(building);
  await startTruckRounds(building, options, `http://127.0.0.1:${truckPort}`);
}

interface Start {
  readonly name: string;
  readonly part: string;
  readonly readyUrl: string;
  readonly settings: Readonly<Record<string, string>>;
}

async function start({ place, started }: Building, { name, ...program }: Start): Promise<void> {
  const logFile = join(place.data, "logs", `${name}.log`);
  const defined: Program = defineProgram({ ...program, logFile, onExit: place.onExit });
  started.push(defined);
  await defined.start();
}

async function startServers(building: Building): Promise<void> {
  const { place, secrets, brokerUrl } = building;
  const metricsPort = await freePort();
  const registryFile = join(place.data, "registry.json");
  await writeFile(registryFile, JSON.stringify(townRegistry(), undefined, 2));
  await start(building, {
    name: "gateway",
    part: "gateway",
    readyUrl: `http://127.0.0.1:${metricsPort}/healthz`,
    settings: {
      PORT: String(place.gatewayPort),
      DATA_DIR: join(place.data, "gateway"),
      CREDENTIALS_FILE: secrets.credentialsFile,
      METRICS_PORT: String(metricsPort),
    },
  });
  await start(building, {
    name: "cloud",
    part: "cloud",
    readyUrl: `http://127.0.0.1:${place.port}/healthz`,
    settings: {
      ...place.store,
      PORT: String(place.port),
      DATA_DIR: join(place.data, "cloud"),
      BROKER_URL: brokerUrl,
      DEVICE: CLOUD.device,
      TOKEN: secrets.tokenOf(CLOUD),
      REGISTRY_FILE: registryFile,
      ADMIN_TOKEN_SHA256: createHash("sha256").update(secrets.admin).digest("hex"),
    },
  });
}

async function startPost(building: Building, options: TownOptions): Promise<void> {
  const { place, secrets, brokerUrl, started } = building;
  const httpPort = await freePort();
  const source =
    options.air === undefined
      ? simulatedAir(randomFrom(7), Date.now)
      : await recordedAir(options.air.file, options.air.id);
  let air = source.next();
  const iio = join(place.data, "post", "iio");
  await writeClimate(iio, air);
  const breathe = async () => {
    air = source.next();
    await writeClimate(iio, air);
  };
  started.push(every(READ_EVERY_S * 1000, breathe, place.onTrouble));
  const sds011 = await startSds011(() => air, place.onTrouble);
  started.push(sds011);
  await start(building, {
    name: "post",
    part: "edge",
    readyUrl: `http://127.0.0.1:${httpPort}/healthz`,
    settings: {
      TENANT: POST.tenant,
      DEVICE: POST.device,
      TOKEN: secrets.tokenOf(POST),
      BROKER_URL: brokerUrl,
      DATA_DIR: join(place.data, "post", "edge"),
      HTTP_PORT: String(httpPort),
      SDS011: `tcp://127.0.0.1:${sds011.port}`,
      SDS011_FIELDS: source.hasPm10 ? "pm25,pm10" : "pm25",
      IIO_DIR: iio,
      CLOCK: "ntp",
      READING_EVERY_S: String(READ_EVERY_S),
      ...(source.replay === null ? {} : { REPLAY: source.replay }),
    },
  });
}

async function startTruck(building: Building, httpPort: number): Promise<void> {
  const { place, secrets, brokerUrl } = building;
  const camera = join(place.data, "truck", "camera");
  await mkdir(camera, { recursive: true });
  await start(building, {
    name: "truck",
    part: "edge",
    readyUrl: `http://127.0.0.1:${httpPort}/healthz`,
    settings: {
      TENANT: TRUCK.tenant,
      DEVICE: TRUCK.device,
      TOKEN: secrets.tokenOf(TRUCK),
      BROKER_URL: brokerUrl,
      DATA_DIR: join(place.data, "truck", "edge"),
      HTTP_PORT: String(httpPort),
      CAMERA_FOLDER: camera,
      IIO_DIR: join(place.data, "truck", "no-sensors"),
      CLOCK: "ntp",
    },
  });
}

function startFleet({ place, secrets, brokerUrl, started }: Building): void {
  for (const [at, address] of FLEET.entries()) {
    const air = simulatedAir(randomFrom(at + 100), Date.now);
    const member = { address, token: secrets.tokenOf(address), air };
    started.push(startFleetPost(member, brokerUrl, READ_EVERY_S * 2000, Date.now, place.onTrouble));
  }
}

async function startTruckRounds({ place, started }: Building, options: TownOptions, truckUrl: string): Promise<void> {
  const camera = join(place.data, "truck", "camera");
  const roll =
    options.photos === undefined
      ? await drawnRoll(camera, randomFrom(Date.now()), Date.now())
      : await photographRoll(camera, options.photos, Date.now());
  const sites = townRegistry().sites.map(({ id }) => id);
  started.push(startRounds(truckUrl, sites, roll, place.onTrouble));
}
