import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { stdout } from "node:process";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#kit/logger.ts";
import { runMain } from "#kit/run-main.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { hasCamera } from "../firmware-config/settings/camera-settings.ts";
import { EdgeConfig } from "../firmware-config/settings/edge-settings.ts";
import { EXIT_FOR_RESTART } from "../firmware-config/settings/twin-settings.ts";
import { cameraFinder } from "./camera/discover.ts";
import { programEnvironment } from "./camera/program-environment.ts";
import { startCycle } from "./cycle.ts";
import { startLocalServer } from "./driver/local-server.ts";
import { localRoutes } from "./driver/routes.ts";
import { createCounters } from "./health/counters.ts";
import { machineBoot } from "./health/machine-boot.ts";
import { openDeviceTime } from "./health/open-device-time.ts";
import { openRunRecord } from "./health/run-record.ts";
import { runSelfTest } from "./health/self-test.ts";
import { startSelfWatch } from "./health/self-watch.ts";
import { openOutbox } from "./outbox/open-outbox.ts";
import { createPace, paceSettings } from "./pace.ts";
import { openPosition } from "./position/open-position.ts";
import { openPower } from "./power/open-power.ts";
import { openSensors } from "./sensors/open-sensors.ts";
import { SOFTWARE } from "./software.ts";
import { openCard } from "./storage/card.ts";
import { openSettings } from "./twin/open-settings.ts";
import { startTwin } from "./twin/twin.ts";
import { openUpdates } from "./update/open-updates.ts";
import { startMqttUplink } from "./uplink/mqtt-uplink.ts";
import { openSignIn } from "./uplink/sign-in.ts";
import { openDeviceKey } from "./visits/device-key.ts";
import { startWatchdog } from "./watchdog/watchdog.ts";

const newId = () => randomBytes(12).toString("hex");

await runMain("dvornik edge: the program on the device", EdgeConfig, async () => {
  const opened = await openSettings(process.env);
  const { config } = opened;
  const { DATA_DIR: folder } = config;
  const log = createLogger("edge", config.LOG_LEVEL);
  const address = { tenant: config.TENANT, device: config.DEVICE };
  await mkdir(folder, { recursive: true });

  const clock = systemClock;
  const random = Math.random;
  const counters = createCounters();
  const onError = (error: unknown) => log.error({ event: "part.failed", err: error }, "a part failed");
  const position = openPosition(config.GPSD, { counters, log, clock, random });
  const time = await openDeviceTime(config.CLOCK, { clock, boot: machineBoot(newId()), position, counters, log });
  const outbox = await openOutbox(config, { address, newLog: newId(), time, clock, counters, log, onError });
  const runs = await openRunRecord({ folder, software: SOFTWARE, nowMs: () => time.stamp().at, onTrouble: onError });
  const environment = programEnvironment(process.env);
  const pace = createPace(paceSettings(config));
  const saving = { pace, outbox, time, clock, counters, log };
  const power = await openPower(config, environment, { ...saving, uplink: outbox });
  const card = await openCard(config, saving);
  const updates = await openUpdates(config, process.env, { power, time, clock, random, log });
  const twin = startTwin({ opened, time, updates: updates.sink, clock, log });
  twin.onLive((changed) => {
    pace.adopt(paceSettings(changed));
    power.adopt(changed.POWER_PROFILE);
    log.level = changed.LOG_LEVEL;
  });
  const signIn = await openSignIn(config, { broker: twin.config, time, clock, random, counters, log });
  const { privateKeyPem, publicKey } = await openDeviceKey(join(folder, "device-key.pem"));

  // Loaded only where there is a camera: pictures and the model bring native libraries of some 60 MB.
  const openTruck = hasCamera(config) ? (await import("./truck.ts")).openTruck : async () => undefined;
  const machine = { clock, random, environment, power, models: updates.models };
  const truck = await openTruck(config, machine, { outbox, time, privateKeyPem, newId, counters, log });
  twin.watchCamera(truck?.camera);
  const findCameras = cameraFinder(machine, truck?.camera);
  const sensorSet = await openSensors(config, { counters, log, clock, random, pace });
  const { sensors } = sensorSet;
  const cycle = startCycle({ sensors, pace, replay: config.REPLAY, outbox, time, counters, log });
  const identity = { v: 1 as const, boot: time.boot, software: SOFTWARE, publicKey };
  const state = () => ({ ...identity, model: truck?.judge.model ?? null });
  const { keepalive } = outbox;
  const uplink = startMqttUplink({ signIn, address, outbox, twin, keepalive, state, clock, random, counters, log });
  updates.models.onChange(uplink.tellState);

  const { visits, camera, judge } = truck ?? {};
  const device = { address, software: SOFTWARE, judge, updates: updates.sink };
  const watched = { environment: process.env, pid: process.pid, cycle, outbox, uplink, visits, pace };
  const watchdog = startWatchdog({ ...watched, clock, counters, log });
  const asked = { time, outbox, signIn, uplink, twin, counters, sensors, position, cycle, visits, camera };
  const parts = { ...device, ...asked, pace, power, card, watchdog };
  const watching = { parts, folder, pace, runs: runs.history, outbox, time, counters, log, onError };
  const self = await startSelfWatch(watching);
  const { report } = self;
  const server = await startLocalServer(
    config.HTTP_PORT,
    localRoutes(visits, self, findCameras),
    log,
    config.PAGE_NAMES,
  );
  const maybe = [position, truck].filter((part) => part !== undefined);
  const core = [runs, outbox, time, power, card, updates, twin, signIn, uplink];
  const started = [...core, ...maybe, sensorSet, cycle, self, server, watchdog];
  const leave = closeOnSignal(started, onError);
  twin.onRestart(() => leave(EXIT_FOR_RESTART));
  updates.begin(report, () => leave(EXIT_FOR_RESTART));

  stdout.write(`dvornik edge ${SOFTWARE}, ${config.TENANT}:${config.DEVICE}, listening on ${server.url}\n`);
  const lines = await runSelfTest({ report, findings: self.findings.now, truck, findCameras, sensors });
  await watchdog.ready();
  stdout.write(`${lines.join("\n")}\nready\n`);
});
