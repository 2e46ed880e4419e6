import type { FoundBundle } from "../../../firmware-config/check/read-bundle.ts";
import { PROFILES, type ProfileName } from "../../../firmware-config/profiles/profiles.ts";
import type { BundleFile } from "../../../firmware-config/provision/file.ts";
import { bundleFiles, recordOf } from "../../../firmware-config/provision/make-bundle.ts";
import { Order } from "../../../firmware-config/provision/order.ts";
import { SensorList } from "../../../firmware-config/provision/sensors.ts";

/** 2026-11-22, when this was written. */
export const NOW_MS = Date.UTC(2026, 10, 22);

/** An order as an engineer would give it. */
export const anOrder = (profile: ProfileName, change: Readonly<Record<string, unknown>> = {}): Order =>
  Order.parse({
    profile,
    tenant: "chel",
    device: "t-017",
    cloud: "https://cloud.example",
    broker: "mqtts://broker.example:8883",
    claim: "c".repeat(43),
    claimExpiresAt: NOW_MS + 3_600_000,
    sensors: PROFILES[profile].sensors,
    updateKeys: [],
    accessPoint: { ssid: "Dvornik t-017", passphrase: "abcdefgh23456789", country: "RU" },
    timezone: "Asia/Yekaterinburg",
    tenants: ["chel"],
    settings: {},
    ntp: ["cloud.example"],
    names: [],
    carried: { "dvornik/software.tar.gz": recordOf("packed"), "dvornik/debs/gpsd.deb": recordOf("packed") },
    ...change,
  });

/** Sensors as in `--sensors`. */
export const sensors = (list: string) => ({ sensors: SensorList.parse(list) });

/** A file whose text and mode a test may spoil. */
export const lies = (text: string, mode = 0o644) => ({
  text,
  mode,
  get bytes() {
    return recordOf(this.text).bytes;
  },
  get sha256() {
    return recordOf(this.text).sha256;
  },
});

/** A bundle as it would lie in a folder, with software and packages. */
export function laidOut(files: readonly BundleFile[]): Map<string, ReturnType<typeof lies>> {
  const bundle = new Map(
    files.map(({ path, text, isSecret = false }) => [path, lies(text, isSecret ? 0o600 : 0o644)] as const),
  );
  bundle.set("dvornik/software.tar.gz", lies("packed"));
  return bundle.set("dvornik/debs/gpsd.deb", lies("packed"));
}

export const aBundle = (profile: ProfileName, change?: Readonly<Record<string, unknown>>): FoundBundle =>
  laidOut(bundleFiles(anOrder(profile, change)));
