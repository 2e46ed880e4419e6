import { messageOf } from "#kit/errors.ts";
import { wait } from "#kit/wait.ts";
import type { Camera } from "../camera/camera.ts";
import type { Discovery } from "../camera/discover.ts";
import type { Sensor } from "../sensors/sensor.ts";
import type { Judge } from "../visits/judge.ts";
import type { DeviceReport } from "./device-report.ts";

/** What the self-test looks at. */
export interface SelfTestParts {
  readonly report: () => DeviceReport;
  readonly truck: { readonly judge: Judge; readonly camera: Camera } | undefined;
  readonly findCameras: () => Promise<Discovery>;
  readonly sensors: readonly Sensor[];
  readonly brokerUrl: string;
}

interface Finding {
  readonly isWell: boolean;
  readonly text: string;
}

// A line opens and a local broker answers well within it; who takes longer is told of as missing and comes later.
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_MS = 50;
/** A Zero 2 W takes some seconds to list its cameras. */
const CAMERA_WITHIN_MS = 10_000;

/** What the device found at its start, one line for each part, with what to do about what is missing. Never rejects. */
export async function runSelfTest(parts: SelfTestParts): Promise<readonly string[]> {
  const { report, truck, findCameras, sensors, brokerUrl } = parts;
  const noSensors: [string, Promise<Finding>] = [
    "sensors",
    well("none (set SDS011, PMS, SPS30 or IIO_DIR to have some)"),
  ];
  const looks: [string, Promise<Finding>][] = [
    ["model", testModel(truck?.judge)],
    ["camera", testCamera(truck?.camera, findCameras)],
    ...sensors.map((sensor): [string, Promise<Finding>] => [`sensor ${sensor.name}`, testSensor(sensor)]),
    ...(sensors.length === 0 ? [noSensors] : []),
    ["position", testPosition(report)],
    ["clock", testClock(report)],
    ["outbox", testOutbox(report)],
    ["certificate", testCertificate(report)],
    ["broker", testBroker(report, brokerUrl)],
  ];
  return await Promise.all(
    looks.map(async ([name, look]) => {
      const { isWell, text } = await look.catch((error: unknown) => ({ isWell: false, text: messageOf(error) }));
      return `  ${isWell ? "ok     " : "MISSING"} ${name.padEnd(16)} ${text}`;
    }),
  );
}

const well = async (text: string): Promise<Finding> => ({ isWell: true, text });
const missing = async (text: string): Promise<Finding> => ({ isWell: false, text });

async function testModel(judge: Judge | undefined): Promise<Finding> {
  if (judge === undefined) return await well("not needed without a camera");
  if (judge.model === null) {
    return await missing(`${judge.trouble}; put model and manifest into MODEL_DIR and start again`);
  }
  const { drawSamplePhoto } = await import("./sample-photo.ts");
  const sample = await drawSamplePhoto();
  await judge.judge(sample);
  const { state, tookMs } = await judge.judge(sample);
  return await well(`${judge.model.slice(0, 12)}, ${tookMs.toFixed(0)} ms for a drawn photo (${state})`);
}

async function testCamera(camera: Camera | undefined, findCameras: () => Promise<Discovery>): Promise<Finding> {
  if (camera === undefined) return await well(`none (set CAMERA to have one)${await othersOf(findCameras)}`);
  try {
    return await well(await camera.check(AbortSignal.timeout(CAMERA_WITHIN_MS)));
  } catch (error) {
    return await missing(`${messageOf(error)}${await othersOf(findCameras)}`);
  }
}

/** What CAMERA could be set to here. */
async function othersOf(findCameras: () => Promise<Discovery>): Promise<string> {
  const { found } = await findCameras();
  return found.length === 0 ? "" : `; there is ${found.map(({ setting, name }) => `${setting} (${name})`).join(", ")}`;
}

async function testSensor(sensor: Sensor): Promise<Finding> {
  await waitFor(() => sensor.health().isReachable && sensor.health().hasSpoken);
  const { isReachable, hasSpoken, trouble, about } = sensor.health();
  if (isReachable && hasSpoken) return await well(`${sensor.model} is there${about === null ? "" : `: ${about}`}`);
  if (isReachable)
    return await missing(`${sensor.model}: the line is open, but it says nothing; is it the right line?`);
  return await missing(`${sensor.model}: ${trouble}; it is tried again by itself`);
}

async function testPosition(report: () => DeviceReport): Promise<Finding> {
  if (report().position === null) return await well("none (set GPSD to have one)");
  await waitFor(() => report().position?.hasFix ?? false);
  const { fix = null, trouble = null } = report().position ?? {};
  if (fix === null) return await missing(`${trouble}; it is tried again by itself`);
  return await well(`${fix.lat.toFixed(5)}, ${fix.lon.toFixed(5)}`);
}

async function testClock(report: () => DeviceReport): Promise<Finding> {
  const { clock, at } = report().now;
  if (clock === "none") {
    const hint = "set CLOCK=ntp only where you know that this machine's clock is right";
    return await missing(`the time is unknown: readings are kept and placed in time later (${hint})`);
  }
  const time = at === null ? "" : `, ${new Date(at).toISOString()}`;
  return await well(clock === "rtc" ? `rtc, nobody vouches for it${time}` : `${clock}${time}`);
}

async function testOutbox(report: () => DeviceReport): Promise<Finding> {
  const { log, total, trouble } = report().outbox;
  if (trouble !== null) return await missing(`${trouble}; make room, it goes on by itself`);
  return await well(`${log}, ${total} to send`);
}

async function testCertificate(report: () => DeviceReport): Promise<Finding> {
  await waitFor(() => report().certificate?.serial !== null);
  const { certificate } = report();
  if (certificate === null) return await well("not needed with a token");
  const { serial, notAfter, trouble } = certificate;
  if (serial === null) return await missing(`${trouble}; it is asked for again by itself`);
  return await well(`${serial}, holds until ${new Date(notAfter ?? 0).toISOString()}`);
}

async function testBroker(report: () => DeviceReport, url: string): Promise<Finding> {
  await waitFor(() => report().uplink.connected);
  const { connected, trouble } = report().uplink;
  if (connected) return await well(url);
  return await missing(`${url}: ${trouble}; messages wait in the outbox and the broker is tried again by itself`);
}

async function waitFor(isSo: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && !isSo(); waitedMs += LOOK_AGAIN_MS) await wait(LOOK_AGAIN_MS);
}
