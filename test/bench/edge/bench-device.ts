import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Address } from "#contract/names.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { LOW_MEMORY } from "../../../firmware-config/bundle/low-memory.ts";
import { addClient } from "../../../firmware-config/credentials.ts";
import { PROFILES } from "../../../firmware-config/profiles/profiles.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { freePort } from "../../support/free-port.ts";
import { layGateway } from "../../support/gateway-program.ts";
import { defineProgram, type Program, ROOT } from "../../support/program.ts";
import { writeClimate } from "../../town/climate-folder.ts";
import { startSds011 } from "../../town/sds011-simulator.ts";

/** `air-post`: particles and climate; `truck`: these and a camera with its model. */
export type DeviceKind = "air-post" | "truck";

/** A device with its real gateway on this machine; nothing runs but the gateway and the simulated sensor. */
export interface BenchDevice extends Closer {
  readonly program: Program;
  readonly url: string;
  readonly dataDir: string;
  readonly address: Address;
}

/** Drawn sites of 1280 by 960 that the folder camera shows in turn. */
const PHOTOS = 16;
const AIR = { pm25: 12.5, pm10: 20, temperature: -7, humidity: 70, pressure: 995 };
const READY_WITHIN_MS = 120_000;

/** Lays a device into a folder; its settings are those of its profile, its environment that of a bundle, both under `environment`. */
export async function layDevice(
  folder: string,
  kind: DeviceKind,
  environment: Readonly<Record<string, string>>,
): Promise<BenchDevice> {
  const address = { tenant: "demo", device: kind };
  const [photos, iio, dataDir] = ["photos", "iio", "data"].map((name) => join(folder, name));
  if (photos === undefined || iio === undefined || dataDir === undefined) throw new TypeError("three folders");
  await mkdir(photos, { recursive: true });
  if (kind === "truck") await drawPhotos(photos);
  await mkdir(iio, { recursive: true });
  await writeClimate(iio, AIR);
  const credentialsFile = join(folder, "credentials.json");
  const token = await addClient(credentialsFile, { ...address, role: "device" });
  const gateway = await layGateway(folder, { CREDENTIALS_FILE: credentialsFile, LOG_LEVEL: "error" });
  await gateway.program.start();
  const isHasty = environment.READING_EVERY_S !== undefined;
  const sds011 = await startSds011(
    () => AIR,
    () => {},
    isHasty ? 100 : 1000,
  );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = defineProgram({
    part: "edge",
    logFile: join(folder, "edge.log"),
    readyUrl: `${url}/status`,
    machine: { command: [process.execPath], folder: ROOT, readyWithinMs: READY_WITHIN_MS },
    settings: {
      ...LOW_MEMORY,
      ...PROFILES[kind].settings,
      CAMERA: "none",
      // Else its readings had no time where nobody vouches for this machine's clock.
      CLOCK: "ntp",
      TENANT: address.tenant,
      DEVICE: address.device,
      TOKEN: token,
      BROKER_URL: `mqtt://127.0.0.1:${gateway.port}`,
      DATA_DIR: dataDir,
      HTTP_PORT: String(port),
      SDS011: `tcp://127.0.0.1:${sds011.port}`,
      IIO_DIR: iio,
      ...(kind === "truck" && { CAMERA: `folder:${photos}`, CAMERA_FOLDER_LOOP: "true" }),
      ...environment,
    },
  });
  return { program, url, dataDir, address, close: () => closeAll([gateway.program, sds011, program]) };
}

async function drawPhotos(folder: string): Promise<void> {
  for (let seed = 0; seed < PHOTOS; seed++) {
    const state = seed % 2 === 0 ? "overflow" : "clean";
    await writeFile(join(folder, `${String(seed).padStart(2, "0")}.jpg`), await drawSite({ seed, state }));
  }
}
