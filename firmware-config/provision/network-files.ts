import { createHash } from "node:crypto";
import type { Profile } from "../profiles/profile.ts";
import { type BundleFile, deviceFile } from "./file.ts";
import type { Order } from "./order.ts";
import { ACCESS_POINT } from "./places.ts";

const FOLDER = "/etc/NetworkManager/system-connections";

/** A cable first, then a Wi-Fi that is there, then the modem: the smaller the metric, the sooner it is taken. */
const METRICS = { wifi: 600, lte: 700 } as const;

/** Network of a device, as NetworkManager's keyfiles (nm-settings-keyfile(5)). */
export function networkFiles(order: Order, profile: Profile): readonly BundleFile[] {
  const { accessPoint, lte } = profile.network;
  return [
    ...(accessPoint ? [accessPointFile(order), namesFile()] : []),
    ...(order.wifi === undefined ? [] : [wifiFile(order, order.wifi)]),
    ...(lte ? [lteFile(order)] : []),
  ];
}

/** The same connection of the same device has the same id each time. */
function uuidOf({ tenant, device }: Order, name: string): string {
  const hash = createHash("sha256").update(`dvornik:${tenant}:${device}:${name}`).digest("hex");
  const [a, b, c, d, e] = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(13, 16),
    hash.slice(17, 20),
    hash.slice(20, 32),
  ];
  return `${a}-${b}-8${c}-8${d}-${e}`;
}

type Section = Readonly<Record<string, string | number>>;
const keyfile = (sections: Readonly<Record<string, Section>>): string =>
  Object.entries(sections)
    .map(([name, entries]) =>
      [`[${name}]`, ...Object.entries(entries).map(([key, value]) => `${key}=${value}`), ""].join("\n"),
    )
    .join("\n");

/** `autoconnect-retries=0`: for ever. */
const connection = (order: Order, name: string, type: string, more: Section): Section => ({
  id: `dvornik-${name}`,
  uuid: uuidOf(order, name),
  type,
  autoconnect: "true",
  "autoconnect-retries": 0,
  ...more,
});

/**
 * The device's own Wi-Fi. WPA2 with AES alone: the radio of a Raspberry Pi cannot be an access point with WPA3 (its
 * firmware knows SAE for stations only), and with management frame protection some phones do not join it.
 */
function accessPointFile(order: Order): BundleFile {
  const { ssid, passphrase } = order.accessPoint;
  const text = keyfile({
    connection: connection(order, "ap", "wifi", {
      "interface-name": ACCESS_POINT.interface,
      "autoconnect-priority": 100,
    }),
    wifi: { mode: "ap", ssid, band: "bg", channel: 6 },
    "wifi-security": {
      "key-mgmt": "wpa-psk",
      proto: "rsn;",
      pairwise: "ccmp;",
      group: "ccmp;",
      pmf: 1,
      psk: passphrase,
    },
    ipv4: { method: "shared", address1: `${ACCESS_POINT.address}/24` },
    ipv6: { method: "disabled" },
  });
  return deviceFile(`${FOLDER}/dvornik-ap.nmconnection`, text, true);
}

/** Whatever a phone on the device's Wi-Fi asks for is the device: so its page opens by itself, as in a hotel. */
const namesFile = (): BundleFile =>
  deviceFile(
    "/etc/NetworkManager/dnsmasq-shared.d/dvornik.conf",
    `address=/${ACCESS_POINT.name}/${ACCESS_POINT.address}\naddress=/#/${ACCESS_POINT.address}\nno-resolv\n`,
  );

function wifiFile(
  order: Order,
  { ssid, passphrase }: { readonly ssid: string; readonly passphrase: string },
): BundleFile {
  const text = keyfile({
    connection: connection(order, "wifi", "wifi", {}),
    wifi: { mode: "infrastructure", ssid },
    "wifi-security": { "key-mgmt": "wpa-psk", psk: passphrase },
    ipv4: { method: "auto", "route-metric": METRICS.wifi },
    ipv6: { method: "auto", "route-metric": METRICS.wifi },
  });
  return deviceFile(`${FOLDER}/dvornik-wifi.nmconnection`, text, true);
}

function lteFile(order: Order): BundleFile {
  const text = keyfile({
    connection: connection(order, "lte", "gsm", { "autoconnect-priority": 10 }),
    gsm: order.apn === undefined ? { "auto-config": "true" } : { apn: order.apn },
    ipv4: { method: "auto", "route-metric": METRICS.lte },
    ipv6: { method: "auto", "route-metric": METRICS.lte },
  });
  return deviceFile(`${FOLDER}/dvornik-lte.nmconnection`, text, true);
}
