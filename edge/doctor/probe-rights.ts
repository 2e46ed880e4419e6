import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { codeOf } from "#kit/errors.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import type { Finding } from "../health/finding.ts";

/** The group that Raspberry Pi OS gives a device to. */
const groupOf = (device: string): string => (device.startsWith("/dev/video") ? "video" : "dialout");

/** Whether this user may use the devices that the settings name, and the data folder. Never rejects. */
export async function probeRights(config: EdgeConfig, user: string): Promise<readonly Finding[]> {
  const { SDS011, PMS, PMS_B, SPS30, CAMERA, DATA_DIR: folder } = config;
  const lines = [SDS011, PMS, PMS_B, SPS30].flatMap((line) => (line?.kind === "serial" ? [line.path] : []));
  const devices = [...lines, ...(CAMERA?.kind === "v4l2" ? [CAMERA.device] : [])];
  const [found, data] = await Promise.all([
    Promise.all(devices.map(async (device) => ({ device, trouble: await troubleOf(device) }))),
    troubleOf(folder),
  ]);
  const gone = found.filter(({ trouble }) => trouble === "ENOENT").map(({ device }) => device);
  const denied = found.filter(({ trouble }) => trouble !== null && trouble !== "ENOENT").map(({ device }) => device);
  const say = (code: Finding["code"], values: Finding["values"]): Finding => ({
    part: "rights",
    code,
    values,
    detail: null,
  });
  const findings = [
    ...(gone.length > 0 ? [say("rights-no-device", { devices: gone.join(", ") })] : []),
    ...(denied.length > 0
      ? [say("rights-missing", { user, devices: denied.join(", "), groups: groupsOf(denied) })]
      : []),
    ...(data !== null && data !== "ENOENT" ? [say("rights-data-dir", { user, folder })] : []),
  ];
  return findings.length > 0 ? findings : [say("rights-well", { user })];
}

const groupsOf = (devices: readonly string[]): string => [...new Set(devices.map(groupOf))].join(",");

/** Null where it may be read and written; else the code of what hinders. */
async function troubleOf(path: string): Promise<string | null> {
  try {
    await stat(path);
    await access(path, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    return codeOf(error);
  }
}
