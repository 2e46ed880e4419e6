import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { stdout } from "node:process";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#kit/logger.ts";
import { runMain } from "#kit/run-main.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { EdgeConfig } from "../firmware-config/settings/edge-settings.ts";
import { EXIT_FOR_RESTART } from "../firmware-config/settings/twin-settings.ts";
import { programEnvironment } from "./camera/program-environment.ts";
import { createCounters } from "./health/counters.ts";
import { machineBoot } from "./health/machine-boot.ts";
import { openDeviceTime } from "./health/open-device-time.ts";
import { openRunRecord } from "./health/run-record.ts";
import { openInstruments } from "./instruments.ts";
import { openOutbox } from "./outbox/open-outbox.ts";
import { createPace, paceSettings } from "./pace.ts";
import { openPosition } from "./position/open-position.ts";
import { openPower } from "./power/open-power.ts";
import { openSelf } from "./self.ts";
import { SOFTWARE } from "./software.ts";
import { openCard } from "./storage/card.ts";
import { openSettings } from "./twin/open-settings.ts";
import { startTwin } from "./twin/twin.ts";
import { openUpdates } from "./update/open-updates.ts";
import { startMqttUplink } from "./uplink/mqtt-uplink.ts";
import { openSignIn } from "./uplink/sign-in.ts";
import { openDeviceKey } from "./visits/device-key.ts";

const newId = () => randomBytes(12).toString("hex");

await runMain("dvornik edge: the program on the device", EdgeConfig, async () => {
  const opened = await openSettings(process.env);
  const { config } = opened;
  const { DATA_DIR: folder, TENANT: tenant, DEVICE: device } = config;
  const log = createLogger("edge", config.LOG_LEVEL);
  await mkdir(folder, { recursive: true });
  const onError = (error: unknown) => log.error({ event: "part.failed", err: error }, "a part failed");
  const [counters, environment] = [createCounters(), programEnvironment(process.env)];
  const tools = { clock: systemClock, random: Math.random, newId, environment, counters, log, onError };

  const position = openPosition(config.GPSD, tools);
  const time = await openDeviceTime(config.CLOCK, { ...tools, boot: machineBoot(newId()), position });
  const address = { tenant, device };
  const outbox = await openOutbox(config, { ...tools, address, time, newLog: newId() });
  const runs = await openRunRecord({ folder, software: SOFTWARE, nowMs: () => time.stamp().at, onTrouble: onError });
  const pace = createPace(paceSettings(config));
  const core = { ...tools, address, time, outbox, pace };

  const power = await openPower(config, environment, { ...core, uplink: outbox });
  const card = await openCard(config, core);
  const updates = await openUpdates(config, process.env, { ...core, power });
  const { models, sink } = updates;
  const twin = startTwin({ ...core, opened, updates: sink });
  twin.onLive((changed) => {
    pace.adopt(paceSettings(changed));
    power.adopt(changed.POWER_PROFILE);
    log.level = changed.LOG_LEVEL;
  });
  const signIn = await openSignIn(config, { ...core, broker: twin.config });
  const { privateKeyPem, publicKey } = await openDeviceKey(join(folder, "device-key.pem"));
  const instruments = await openInstruments(config, { ...core, power, models, privateKeyPem });
  twin.watchCamera(instruments.truck?.camera);
  const identity = { v: 1 as const, boot: time.boot, software: SOFTWARE, publicKey };
  const state = () => ({ ...identity, model: instruments.truck?.judge.model ?? null });
  const uplink = startMqttUplink({ ...core, signIn, twin, state, keepalive: outbox.keepalive });
  models.onChange(uplink.tellState);
  const asked = { software: SOFTWARE, position, runs, power, card, updates: sink, twin, signIn, uplink, instruments };
  const self = await openSelf(config, { ...core, ...asked, service: process.env });

  // Closed from the end: first who looks and measures, then the way out, and last what keeps.
  const kept = [runs, outbox, time, power, card, updates, twin, signIn, uplink];
  const leave = closeOnSignal([...kept, ...(position ? [position] : []), instruments, self], onError);
  twin.onRestart(() => leave(EXIT_FOR_RESTART));
  updates.begin(self.report, () => leave(EXIT_FOR_RESTART));
  stdout.write(`dvornik edge ${SOFTWARE}, ${tenant}:${device}, listening on ${self.url}\n`);
  stdout.write(`${(await self.ready()).join("\n")}\nready\n`);
});
