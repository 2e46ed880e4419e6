import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { clientIdOf } from "#contract/names.ts";
import { inspectJournalFile } from "#journal/inspect-file.ts";
import { JournalInUse, JournalUnavailable } from "#journal/journal.ts";
import { systemClock } from "#kit/clock.ts";
import { messageOf } from "#kit/errors.ts";
import { createLogger } from "#kit/logger.ts";
import { readSecret } from "#kit/read-secret.ts";
import { wait } from "#kit/wait.ts";
import type { LinkLogin } from "#uplink/kept-link.ts";
import { readIdentity } from "../../firmware-config/identity-files.ts";
import { nameOf } from "../../firmware-config/settings/camera-address.ts";
import { cameraOf } from "../../firmware-config/settings/camera-settings.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { CameraUnavailable } from "../camera/camera.ts";
import { openCamera } from "../camera/open-camera.ts";
import { programEnvironment } from "../camera/program-environment.ts";
import { clockJudge } from "../health/clock-quality.ts";
import { createCounters } from "../health/counters.ts";
import type { Finding, FindingCode } from "../health/finding.ts";
import { certificateFinding, ofClock, ofDisk, ofHeat, ofPower, ofRuns, ofSensors } from "../health/findings.ts";
import { hostFactsOf } from "../health/host-facts.ts";
import { readRuns } from "../health/run-record.ts";
import { createPace, paceSettings } from "../pace.ts";
import { dutyOf, firstCauses } from "../power/duty.ts";
import { powerReader } from "../power/read-power.ts";
import { openSensors } from "../sensors/open-sensors.ts";
import { probeBroker } from "./probe-broker.ts";
import { probeMemoryLimits } from "./probe-memory-limits.ts";
import { probeOverlays } from "./probe-overlays.ts";
import { probeRights } from "./probe-rights.ts";

/** A Zero 2 W takes some seconds to list its cameras. */
const CAMERA_WITHIN_MS = 15_000;
/** A particle sensor speaks each second, a sleeping one wakes within it. */
const SENSORS_WITHIN_MS = 6_000;
const LOOK_AGAIN_MS = 100;

const found = (part: string, code: FindingCode, values: Finding["values"] = {}, error?: unknown): Finding => ({
  part,
  code,
  values,
  detail: error === undefined ? null : messageOf(error),
});

/** Everything that can be seen of a device whose agent does not run. Never rejects. */
export async function examine(config: EdgeConfig, environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const { DATA_DIR: folder, SYS_DIR: sysDir } = config;
  const programs = programEnvironment(environment);
  const [camera, sensors, clock, broker, certificate, host, facts, runs, rights] = await Promise.all([
    examineCamera(config, programs),
    examineSensors(config),
    clockJudge(config.CLOCK, systemClock)(true),
    examineBroker(config),
    examineCertificate(config),
    hostFactsOf(folder),
    powerReader({ sysDir, environment: programs })(),
    readRuns(folder),
    probeRights(config, userInfo().username),
  ]);
  const power = { profile: config.POWER_PROFILE, facts, duty: dutyOf(firstCauses([], 0), facts) };
  return [
    camera,
    ...sensors,
    ofClock({ now: { clock } }),
    examineOutbox(config),
    certificate,
    broker,
    ...ofDisk(host),
    ofPower({ power }),
    ofHeat({ power }),
    ofRuns({ runs }),
    ...rights,
    ...(await probeMemoryLimits()),
  ];
}

async function examineCamera(
  config: EdgeConfig,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Finding> {
  const address = cameraOf(config);
  if (address.kind === "none") return found("camera", "camera-none");
  const values = { camera: nameOf(address) };
  try {
    const camera = await openCamera(address, {
      settings: config,
      environment,
      clock: systemClock,
      newId: () => "doctor",
    });
    const said = await camera.check(AbortSignal.timeout(CAMERA_WITHIN_MS));
    return { ...found("camera", "camera-well", values), detail: said };
  } catch (error) {
    return found("camera", `camera-${error instanceof CameraUnavailable ? error.reason : "failed"}`, values, error);
  }
}

/** Opens the lines and listens for a moment; nothing is written beside the agent's own count of laser hours. */
async function examineSensors(config: EdgeConfig): Promise<readonly Finding[]> {
  const DATA_DIR = await mkdtemp(join(tmpdir(), "dvornik-doctor-"));
  const parts = { counters: createCounters(), log: createLogger("doctor", "silent"), clock: systemClock };
  const pace = createPace(paceSettings(config));
  const { sensors, close } = await openSensors({ ...config, DATA_DIR }, { ...parts, random: Math.random, pace });
  try {
    const kernels = sensors.filter((sensor) => sensor.health().isKernels);
    await Promise.all(kernels.map((sensor) => sensor.sample().catch(() => undefined)));
    const haveAllSpoken = () => sensors.every((sensor) => sensor.health().hasSpoken);
    for (let ms = 0; ms < SENSORS_WITHIN_MS && !haveAllSpoken(); ms += LOOK_AGAIN_MS) await wait(LOOK_AGAIN_MS);
    const heard = sensors.map((sensor) => ({
      ...sensor.health(),
      name: sensor.name,
      model: sensor.model,
      lastUp: null,
      lastBadFrames: null,
      isHung: false,
      status: [],
    }));
    // It was listened to for long enough: who has not spoken by now is silent.
    const findings = ofSensors({ sensors: heard, now: { up: SENSORS_WITHIN_MS }, readingEveryMs: 0, startedUp: 0 });
    return [...findings, ...(await probeOverlays(kernels.map(({ model }) => model)))];
  } finally {
    await close();
    await rm(DATA_DIR, { recursive: true, force: true });
  }
}

function examineOutbox({ DATA_DIR }: EdgeConfig): Finding {
  const file = join(DATA_DIR, "outbox.sqlite");
  try {
    const { classes } = inspectJournalFile(file);
    return found("outbox", "outbox-well", { total: classes.reduce((sum, { pending }) => sum + pending, 0) });
  } catch (error) {
    if (error instanceof JournalInUse) return found("outbox", "outbox-in-use", {}, error);
    const isThere = !(error instanceof JournalUnavailable) || !error.message.startsWith("there is no journal");
    return isThere ? found("outbox", "outbox-unreadable", {}, error) : found("outbox", "outbox-none");
  }
}

async function examineCertificate(config: EdgeConfig): Promise<Finding> {
  if (config.FLEET_URL === undefined) return found("certificate", "certificate-unneeded");
  const identity = await readIdentity(join(config.DATA_DIR, "identity")).catch((error: unknown) => messageOf(error));
  const isKnown = typeof identity === "object";
  return certificateFinding(
    {
      serial: isKnown ? identity.serial : null,
      notAfter: isKnown ? identity.notAfterMs : null,
      trouble: typeof identity === "string" ? identity : null,
    },
    systemClock.nowMs(),
  );
}

/** With the login, since nobody else is at it while the agent does not run. */
async function examineBroker(config: EdgeConfig): Promise<Finding> {
  const { BROKER_URL: url, BROKER_CA } = config;
  const ca = BROKER_CA === undefined ? undefined : await readFile(BROKER_CA).catch(() => undefined);
  return await probeBroker({ url, ca, login: () => loginOf(config, ca) });
}

async function loginOf(config: EdgeConfig, ca: Buffer | undefined): Promise<LinkLogin> {
  const { TENANT: tenant, DEVICE: device, TOKEN, TOKEN_FILE, BROKER_URL: url } = config;
  const name = clientIdOf({ tenant, device });
  const common = { url, clientId: name, username: name };
  const tls = ca === undefined ? {} : { ca };
  if (config.FLEET_URL === undefined) {
    return { ...common, tls, token: TOKEN ?? (await readSecret("TOKEN_FILE", TOKEN_FILE ?? "")) };
  }
  const identity = await readIdentity(join(config.DATA_DIR, "identity"));
  if (identity === undefined) throw new Error("there is no certificate to sign in with");
  return { ...common, tls: { ...tls, key: Buffer.from(identity.keyPem), cert: Buffer.from(identity.certificatePem) } };
}
