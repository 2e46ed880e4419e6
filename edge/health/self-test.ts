import { messageOf } from "#kit/errors.ts";
import { wait } from "#kit/wait.ts";
import type { Camera } from "../camera/camera.ts";
import type { Discovery } from "../camera/discover.ts";
import type { Sensor } from "../sensors/sensor.ts";
import type { Judge } from "../visits/judge.ts";
import type { DeviceReport } from "./device-report.ts";
import type { Finding } from "./finding.ts";
import { toLine } from "./findings-text.ts";

/** What the self-test looks at. */
export interface SelfTestParts {
  readonly report: () => DeviceReport;
  readonly findings: () => readonly Finding[];
  readonly truck: { readonly judge: Judge; readonly camera: Camera } | undefined;
  readonly findCameras: () => Promise<Discovery>;
  readonly sensors: readonly Sensor[];
}

// A line opens and a local broker answers well within it; who takes longer is told of as missing and comes later.
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_MS = 50;
/** A Zero 2 W takes some seconds to list its cameras. */
const CAMERA_WITHIN_MS = 10_000;

/**
 * What the device finds at its start, a line for each part, with what to do about what is not well. It gives the parts a
 * moment, looks at the camera and judges a drawn photo. Never rejects.
 */
export async function runSelfTest(parts: SelfTestParts): Promise<readonly string[]> {
  const { report, findings, truck, findCameras, sensors } = parts;
  const [judged, camera] = await Promise.all([
    judgeSample(truck?.judge),
    lookAtCamera(truck?.camera, findCameras),
    waitFor(() => sensors.every((sensor) => sensor.health().isReachable && sensor.health().hasSpoken)),
    waitFor(() => report().position?.hasFix ?? true),
    waitFor(() => report().certificate?.serial !== null),
    waitFor(() => report().uplink.connected),
  ]);
  const more: Readonly<Record<string, string | null>> = { model: judged, camera };
  return findings().map((finding) => {
    const detail = [finding.detail, more[finding.part] ?? null].filter((words) => words !== null);
    return toLine({ ...finding, detail: detail.length === 0 ? null : detail.join("; ") }, "en");
  });
}

/** How long the model takes: the second time, since the first one also loads. */
async function judgeSample(judge: Judge | undefined): Promise<string | null> {
  if (judge === undefined || judge.model === null) return null;
  try {
    const { drawSamplePhoto } = await import("./sample-photo.ts");
    const sample = await drawSamplePhoto();
    await judge.judge(sample, "drawn");
    const { state, tookMs } = await judge.judge(sample, "drawn");
    return `${tookMs.toFixed(0)} ms for a drawn photo (${state})`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Lets the camera learn how it is; says what it says of itself, or what CAMERA could be set to. */
async function lookAtCamera(camera: Camera | undefined, findCameras: () => Promise<Discovery>): Promise<string | null> {
  const checked = await camera?.check(AbortSignal.timeout(CAMERA_WITHIN_MS)).catch(() => undefined);
  if (checked !== undefined) return checked;
  const { found } = await findCameras().catch((): Discovery => ({ found: [], troubles: [] }));
  if (found.length === 0) return null;
  return `there is ${found.map(({ setting, name }) => `${setting} (${name})`).join(", ")}`;
}

async function waitFor(isSo: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && !isSo(); waitedMs += LOOK_AGAIN_MS) await wait(LOOK_AGAIN_MS);
}
