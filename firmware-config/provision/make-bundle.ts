import { PROFILES } from "../profiles/profiles.ts";
import { EdgeConfig } from "../settings/edge-settings.ts";
import { cloudInitFiles } from "./cloud-init.ts";
import { engineerFiles } from "./engineer.ts";
import { type BundleFile, deviceFile } from "./file.ts";
import { firewallText } from "./firewall.ts";
import { installScript } from "./install-script.ts";
import { networkFiles } from "./network-files.ts";
import type { Order } from "./order.ts";
import { ACCESS_POINT, PLACES } from "./places.ts";
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
  const units = unitsOf(order, settings);
  const { environment, claim, ca } = PLACES[profile.program];
  const placed: readonly BundleFile[] = [
    deviceFile(environment, environmentText(settings)),
    deviceFile(claim, `${order.claim}\n`, true),
    ...(order.ca === undefined ? [] : [deviceFile(ca, `${order.ca.trim()}\n`)]),
    ...Object.entries(units).map(([name, text]) => deviceFile(`/etc/systemd/system/${name}`, text)),
    deviceFile("/etc/nftables.conf", firewallText(order, profile)),
    ...networkFiles(order, profile),
    ...systemFiles(needs),
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
    software: order.software,
    secrets: placed.filter(({ isSecret }) => isSecret === true).map(({ path }) => path),
  };
  return [
    ...cloudInitFiles(order),
    { path: BUNDLE_FILE, text: `${JSON.stringify(about, null, 2)}\n` },
    { path: "dvornik/config.txt", text: bootText(needs) },
    ...needs.nodes.map(({ name, source }) => ({ path: `dvornik/${name}.dts`, text: source })),
    ...placed,
    {
      path: "dvornik/install.sh",
      text: installScript(order, { profile, needs }, { files: placed, units: enabled }),
      isProgram: true,
    },
  ];
}

function unitsOf(order: Order, settings: Settings): Readonly<Record<string, string>> {
  const profile = PROFILES[order.profile];
  if (profile.program === "gateway") return gatewayUnits(profile, order.cloud);
  const serial = Object.values(settings).some((value) => value.startsWith("serial:"));
  const camera = settings.CAMERA !== undefined && settings.CAMERA !== "none";
  const port = Number(settings.HTTP_PORT ?? EdgeConfig.shape.HTTP_PORT.parse(undefined));
  return {
    "dvornik-edge.service": edgeUnit(profile, { camera, serial }),
    ...(profile.network.accessPoint ? pageUnits(ACCESS_POINT.address, port) : {}),
  };
}
