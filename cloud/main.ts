import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock } from "#kit/clock.ts";
import { closeAll } from "#kit/closer.ts";
import { loadConfig } from "#kit/load-config.ts";
import { createLogger } from "#kit/logger.ts";
import { runMain } from "#kit/run-main.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { CloudConfig, fleetOf, influxOf, readAdminTokenSha256, retentionOf, signInOf, tlsOf } from "./config.ts";
import { openArtefacts } from "./fleet/artefacts/artefacts.ts";
import { startFleet } from "./fleet/start-fleet.ts";
import { startHttp } from "./http/http.ts";
import { gatewaysOf } from "./ingest/gateways.ts";
import { startIngest } from "./ingest/start-ingest.ts";
import { watchRegistry } from "./registry/watch-registry.ts";
import { openMeasurements } from "./store/measurements/open-measurements.ts";
import { openFolderPhotos } from "./store/photos/folder-photos.ts";
import { openStateView } from "./store/state/sqlite-state-view.ts";

await runMain(
  "dvornik cloud: takes in what the gateway has, keeps it, serves the map, the desk and the API",
  CloudConfig,
  start,
);

async function start(): Promise<void> {
  const config = loadConfig(CloudConfig, process.env);
  const log = createLogger("cloud", config.LOG_LEVEL);
  const dataDir = resolve(config.DATA_DIR);
  await mkdir(dataDir, { recursive: true });
  const influx = influxOf(config);

  const registry = await watchRegistry(config.REGISTRY_FILE, {
    onChange: () => log.info({ event: "registry.changed" }, "the registry has changed"),
    // The groups log it, once each.
    onTrouble: () => {},
  });
  const view = openStateView(join(dataDir, "state.db"));
  const photos = await openFolderPhotos(join(dataDir, "photos"));
  const measurements = await openMeasurements(influx, join(dataDir, "measurements.db"));
  const fleet = await startFleet(fleetOf(config, dataDir), systemClock);
  const artefacts = await openArtefacts({ folder: join(dataDir, "artefacts") });
  const signIn = await signInOf(config);
  const ingest = startIngest(
    {
      brokerUrl: config.BROKER_URL,
      device: config.DEVICE,
      signIn,
      dataDir,
      gateways: gatewaysOf(config.GATEWAYS),
      registryFile: config.REGISTRY_FILE,
      influx,
      retention: retentionOf(config),
      timeZone: config.TIME_ZONE,
      logLevel: config.LOG_LEVEL,
    },
    { random: Math.random, log },
  );
  const started = [registry, view, measurements, fleet, ingest];
  const http = await startHttp({
    view,
    measurements,
    airWindows: measurements,
    photos,
    ingest,
    fleet,
    twins: fleet.twins,
    rollouts: fleet.rollouts,
    artefacts,
    artefactBytesPerS: config.ARTEFACT_BYTES_PER_S,
    openDataPerMinute: config.OPEN_DATA_PER_MINUTE,
    mapPerMinute: config.MAP_PER_MINUTE,
    attribution: config.OPEN_DATA_ATTRIBUTION,
    registry,
    adminTokenSha256: await readAdminTokenSha256(config),
    staleAfterMs: config.STALE_AFTER_S * 1000,
    offlineAfterMs: config.OFFLINE_AFTER_S * 1000,
    tls: await tlsOf(config),
    isBehindTlsProxy: config.BEHIND_TLS_PROXY,
    clock: systemClock,
    log,
    webDir: join(import.meta.dirname, "web", "dist"),
    host: config.HOST,
    port: config.PORT,
  }).catch(async (error: unknown) => {
    await closeAll(started);
    throw error;
  });
  log.info({ event: "cloud.started", url: http.url }, "the cloud is up");
  closeOnSignal([...started, http], (error) => log.error({ event: "close.failed", err: error }, "not closed cleanly"));
}
