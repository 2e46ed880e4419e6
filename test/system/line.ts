import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Address } from "#contract/names.ts";
import type { Registry } from "#contract/registry.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { LOW_MEMORY } from "../../firmware-config/bundle/low-memory.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import type { Influx } from "../real/influx/start-influx.ts";
import { freePort } from "../support/free-port.ts";
import { defineProgram, type Program } from "../support/program.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import type { Air } from "../town/air-source.ts";
import { writeClimate } from "../town/climate-folder.ts";
import { startSds011 } from "../town/sds011-simulator.ts";

/** The one device of the line: it has a camera, a particle sensor and a climate sensor. */
export const UNIT: Address = { tenant: "test-ural", device: "unit-1" };
export const STATION = "air-unit-1";
export const SITES = ["site-1", "site-2", "site-3"] as const;
const MUNICIPALITY = "kopeysk";

/** Four environment variables of the cloud, or none: then measurements go to its SQLite file. */
export type StoreSettings = Readonly<Record<string, string>>;

/** The settings that make the cloud write into an InfluxDB, over another port when a wire lies between. */
export function influxSettings(influx: Influx, port?: number): StoreSettings {
  const url = port === undefined ? influx.url : `http://127.0.0.1:${port}`;
  return { INFLUX_URL: url, INFLUX_TOKEN: influx.token, INFLUX_ORG: influx.org, INFLUX_BUCKET: influx.bucket };
}

/** What a test changes of the line. */
export interface LineOptions {
  /** Folder of everything; the test removes it. */
  readonly folder: string;
  readonly store?: StoreSettings;
  /** Where the edge and the gateway keep their data, when it is not below `folder` (a small disk). */
  readonly edgeData?: string;
  readonly gatewayData?: string;
  readonly edge?: Readonly<Record<string, string>>;
  readonly cloud?: Readonly<Record<string, string>>;
}

/** The three real programs with wires between them that can be cut, and the things that the edge looks at. */
export interface Line extends Closer {
  readonly gateway: Program;
  readonly cloud: Program;
  readonly edge: Program;
  /** Between the edge and the gateway, between the cloud and the gateway. */
  readonly edgeWire: TcpProxy;
  readonly cloudWire: TcpProxy;
  readonly gatewayPort: number;
  readonly gatewayUrl: string;
  readonly cloudUrl: string;
  readonly edgeUrl: string;
  readonly adminToken: string;
  /** Data folders, as the programs know them. */
  readonly data: { readonly gateway: string; readonly cloud: string; readonly edge: string };
  readonly cameraFolder: string;
  readonly registryFile: string;
  readonly credentialsFile: string;
  /** What the sensors see from now on. */
  setAir(air: Air): Promise<void>;
  /** Puts further devices on the line's station (before the cloud starts, or it reads the file again by itself). */
  assign(devices: readonly Address[]): Promise<void>;
  /** A program on the edge's data with other settings (the edge itself must not run). */
  edgeWith(settings: Readonly<Record<string, string>>): Program;
}

/** The registry of the line: one municipality, one station, three sites. */
export function lineRegistry(): Registry {
  const place = (id: string, at: number) => ({
    id,
    tenant: UNIT.tenant,
    municipality: MUNICIPALITY,
    name: { ru: `Место ${id}`, en: `Place ${id}` },
    position: [61.6 + at / 100, 55.1 + at / 200] satisfies [number, number],
    demo: false,
  });
  return {
    municipalities: [{ id: MUNICIPALITY, tenant: UNIT.tenant, name: { ru: "Копейск", en: "Kopeysk" } }],
    stations: [place(STATION, 0)],
    sites: SITES.map((id, at) => place(id, at + 1)),
    assignments: [{ ...UNIT, station: STATION, from: 0 }],
  };
}

/** Lays the line out; nothing runs but the wires and the simulated sensor until each program is started. */
export async function layLine(options: LineOptions): Promise<Line> {
  const { folder } = options;
  const data = {
    gateway: options.gatewayData ?? join(folder, "gateway"),
    cloud: join(folder, "cloud"),
    edge: options.edgeData ?? join(folder, "edge"),
  };
  const cameraFolder = join(folder, "camera");
  const iio = join(folder, "iio");
  for (const path of [cameraFolder, iio]) await mkdir(path, { recursive: true });
  const credentialsFile = join(folder, "credentials.json");
  const edgeToken = await addClient(credentialsFile, { ...UNIT, role: "device" });
  const cloudToken = await addClient(credentialsFile, { tenant: "dv", device: "cloud", role: "consumer" });
  const registryFile = join(folder, "registry.json");
  await writeFile(registryFile, JSON.stringify(lineRegistry()));
  const adminToken = randomBytes(24).toString("base64url");
  const adminTokenFile = join(folder, "admin-token");
  await writeFile(adminTokenFile, adminToken, { mode: 0o600 });

  const gatewayPort = await freePort();
  const [metricsPort, cloudPort, edgePort] = [await freePort(), await freePort(), await freePort()];
  const edgeWire = await startTcpProxy(gatewayPort);
  const cloudWire = await startTcpProxy(gatewayPort);
  let air: Air = { pm25: 12, pm10: 20, temperature: -7, humidity: 70, pressure: 995 };
  await writeClimate(iio, air);
  const sds011 = await startSds011(
    () => air,
    () => {},
    20,
  );

  const gatewayUrl = `http://127.0.0.1:${metricsPort}`;
  const cloudUrl = `http://127.0.0.1:${cloudPort}`;
  const edgeUrl = `http://127.0.0.1:${edgePort}`;
  const gateway = defineProgram({
    part: "gateway",
    readyUrl: `${gatewayUrl}/healthz`,
    logFile: join(folder, "gateway.log"),
    settings: {
      PORT: String(gatewayPort),
      METRICS_PORT: String(metricsPort),
      DATA_DIR: data.gateway,
      CREDENTIALS_FILE: credentialsFile,
    },
  });
  const cloud = defineProgram({
    part: "cloud",
    readyUrl: `${cloudUrl}/healthz`,
    logFile: join(folder, "cloud.log"),
    settings: {
      PORT: String(cloudPort),
      DATA_DIR: data.cloud,
      BROKER_URL: `mqtt://127.0.0.1:${cloudWire.port}`,
      DEVICE: "cloud",
      TOKEN: cloudToken,
      REGISTRY_FILE: registryFile,
      ADMIN_TOKEN_FILE: adminTokenFile,
      ...options.store,
      ...options.cloud,
    },
  });
  const edgeWith = (settings: Readonly<Record<string, string>>) =>
    defineProgram({
      part: "edge",
      readyUrl: `${edgeUrl}/healthz`,
      logFile: join(folder, "edge.log"),
      settings: {
        ...LOW_MEMORY,
        TENANT: UNIT.tenant,
        DEVICE: UNIT.device,
        TOKEN: edgeToken,
        BROKER_URL: `mqtt://127.0.0.1:${edgeWire.port}`,
        DATA_DIR: data.edge,
        HTTP_PORT: String(edgePort),
        CAMERA_FOLDER: cameraFolder,
        SDS011: `tcp://127.0.0.1:${sds011.port}`,
        IIO_DIR: iio,
        CLOCK: "ntp",
        ...settings,
      },
    });
  const edge = edgeWith(options.edge ?? {});
  return {
    gateway,
    cloud,
    edge,
    edgeWire,
    cloudWire,
    gatewayPort,
    gatewayUrl,
    cloudUrl,
    edgeUrl,
    adminToken,
    data,
    cameraFolder,
    registryFile,
    credentialsFile,
    setAir: async (next) => {
      air = next;
      await writeClimate(iio, next);
    },
    assign: async (devices) => {
      const registry = lineRegistry();
      const assignments = [
        ...registry.assignments,
        ...devices.map((device) => ({ ...device, station: STATION, from: 0 })),
      ];
      await writeFile(registryFile, JSON.stringify({ ...registry, assignments }));
    },
    edgeWith,
    close: () => closeAll([sds011, edgeWire, cloudWire, gateway, cloud, edge]),
  };
}

/** Starts the gateway, the cloud and the edge, each once its neighbour answers. */
export async function startAll({ gateway, cloud, edge }: Line): Promise<void> {
  await gateway.start();
  await cloud.start();
  await edge.start();
}
