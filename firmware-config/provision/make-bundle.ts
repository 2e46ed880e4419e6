import { createHash } from "node:crypto";
import { PROFILES, type ProfileName } from "../profiles/profiles.ts";
import { EdgeConfig } from "../settings/edge-settings.ts";
import { cloudInitFiles } from "./cloud-init.ts";
import { engineerFiles } from "./engineer.ts";
import { type BundleFile, deviceFile } from "./file.ts";
import { firewallText } from "./firewall.ts";
import { installScript } from "./install-script.ts";
import { networkFiles } from "./network-files.ts";
import type { FileRecord, Order } from "./order.ts";
import { ACCESS_POINT, PLACES } from "./places.ts";
import { reportUnits } from "./report-units.ts";
import { needsOf } from "./sensors.ts";
import { edgeUnit, gatewayUnits, pageUnits } from "./service-unit.ts";
import { environmentText, type Settings, settingsOf } from "./settings-of.ts";
import { bootText, systemFiles } from "./system-files.ts";

/** What a bundle says of itself; the check holds the rest against it. */
export const BUNDLE_FILE = "dvornik/bundle.json";

/** Every file of a device's bundle but its software. Pure: the same order, the same bytes. */
export function bundleFiles(order: Order): readonly BundleFile[] {
  const profile = PROFILES[order.profile];
  const needs = needsOf(order.sensors);
  const settings = settingsOf(order, profile, needs);
  const units = unitsOf(order.profile, settings);
  const { environment, claim, ca } = PLACES[profile.program];
  const placed: readonly BundleFile[] = [
    deviceFile(environment, environmentText(settings)),
    deviceFile(claim, `${order.claim}\n`, true),
    ...(order.ca === undefined ? [] : [deviceFile(ca, `${order.ca.trim()}\n`)]),
    ...Object.entries(units).map(([name, text]) => deviceFile(`/etc/systemd/system/${name}`, text)),
    deviceFile("/etc/nftables.conf", firewallText(order.profile, settings, order.sshKey !== undefined)),
    ...networkFiles(order, profile),
    ...systemFiles(order, needs),
    ...engineerFiles(order.sshKey),
  ];
  const enabled = Object.entries(units).flatMap(([name, text]) => (text.includes("[Install]") ? [name] : []));
  const about = {
    v: 1,
    profile: order.profile,
    program: profile.program,
    tenant: order.tenant,
    device: order.device,
    sensors: order.sensors,
    ...(order.claimExpiresAt === undefined ? {} : { claimExpiresAt: order.claimExpiresAt }),
    ...(order.rtc === undefined ? {} : { rtc: order.rtc }),
    secrets: placed.filter(({ isSecret }) => isSecret === true).map(({ path }) => path),
  };
  const files: readonly BundleFile[] = [
    ...cloudInitFiles(order),
    { path: "dvornik/config.txt", text: bootText(needs, order.rtc) },
    ...needs.nodes.map(({ name, source }) => ({ path: `dvornik/${name}.dts`, text: source })),
    ...placed,
    {
      path: "dvornik/install.sh",
      text: installScript(order, { profile, needs }, { files: placed, units: enabled }),
      isProgram: true,
    },
  ];
  const records = { ...Object.fromEntries(files.map(({ path, text }) => [path, recordOf(text)])), ...order.carried };
  return [{ path: BUNDLE_FILE, text: `${JSON.stringify({ ...about, files: records }, null, 2)}\n` }, ...files];
}

/** What is noted of a file, so that a change, or a copy that was cut short, is seen. */
export const recordOf = (text: string): FileRecord => ({
  sha256: createHash("sha256").update(text).digest("hex"),
  bytes: Buffer.byteLength(text),
});

/** The units of a device, as they follow from its profile and settings. */
export function unitsOf(name: ProfileName, settings: Settings): Readonly<Record<string, string>> {
  const profile = PROFILES[name];
  if (profile.program === "gateway") {
    const cloud = URL.parse("/", settings.CRL_URL)?.href ?? "";
    return { ...gatewayUnits(profile, cloud), ...reportUnits(profile, { camera: false, serial: false }) };
  }
  const serial = Object.values(settings).some((value) => value.startsWith("serial:"));
  const camera = settings.CAMERA !== undefined && settings.CAMERA !== "none";
  const port = Number(settings.HTTP_PORT ?? EdgeConfig.shape.HTTP_PORT.parse(undefined));
  return {
    "dvornik-edge.service": edgeUnit(profile, { camera, serial }),
    ...reportUnits(profile, { camera, serial }),
    ...(profile.network.accessPoint ? pageUnits(ACCESS_POINT.address, port) : {}),
  };
}
