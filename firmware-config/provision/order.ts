import { isIP } from "node:net";
import { z } from "zod";
import { BrokerUrl } from "#contract/broker-url.ts";
import { ClaimToken, FleetUrl } from "#contract/enrolment.ts";
import { DeviceName, TenantName } from "#contract/names.ts";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "../profiles/profiles.ts";
import { SensorWish, usualAddress } from "./sensors.ts";

/** Text that goes into a line of a file: no line of its own making can follow. */
const Line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}"\\]+$/u, "must be one line without quotes or backslashes");

/** Raw Ed25519 public key, base64url. */
const UpdateKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "is no update key: 43 letters, digits, - or _");
const Pem = z
  .string()
  .regex(/^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "is no certificate");
const TimeZone = z.string().regex(/^[A-Za-z]+(\/[A-Za-z0-9_+-]+){0,2}$/, "must be like Asia/Yekaterinburg");
/** IEEE 802.11 and NetworkManager count bytes, and a Cyrillic letter is two. */
export const Ssid = Line(32).refine(
  (name) => Buffer.byteLength(name) <= 32,
  "must be at most 32 bytes: 16 Cyrillic letters",
);
const Host = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/i.test(text),
    "is no host name or address",
  );
/** How large a file is and what it holds. */
export const FileRecord = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
});
export type FileRecord = z.infer<typeof FileRecord>;
/** Clock chips with a battery, by their names in Raspberry Pi's `i2c-rtc` overlay. */
export const CLOCK_CHIPS = ["ds3231", "ds1307", "pcf8523", "pcf8563", "pcf85063a", "rv3028"] as const;
/** WPA2: 8 to 63 printable ASCII characters (IEEE 802.11i). */
export const WifiPassphrase = z
  .string()
  .regex(/^[\x21-\x5b\x5d-\x7e]{8,63}$/, "must be 8 to 63 characters, none a space or \\");

/** Everything that one device's bundle is made of. */
export const Order = z
  .object({
    profile: z.enum(PROFILE_NAMES),
    tenant: TenantName,
    device: DeviceName,
    cloud: FleetUrl,
    broker: BrokerUrl,
    claim: ClaimToken,
    /** UTC ms, where it is known. */
    claimExpiresAt: z.number().optional(),
    sensors: z.array(SensorWish),
    /** The authority of the broker's and the cloud's certificates; without it those that every browser trusts. */
    ca: Pem.optional(),
    updateKeys: z.array(UpdateKey),
    /** Of its own access point. */
    accessPoint: z.object({ ssid: Ssid, passphrase: WifiPassphrase, country: z.string().regex(/^[A-Z]{2}$/) }),
    /** A Wi-Fi that is there, to be used by the device. */
    wifi: z.object({ ssid: Ssid, passphrase: WifiPassphrase }).optional(),
    apn: Line(64).optional(),
    timezone: TimeZone,
    /** An engineer's public SSH key: without it nobody can log in. */
    sshKey: z
      .string()
      .regex(/^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa|sk-ssh-ed25519@openssh.com) [A-Za-z0-9+/=]+( [\w@.+ -]+)?$/)
      .optional(),
    /** Of a gateway: whom it speaks for. */
    tenants: z.array(TenantName),
    /** Over those of the profile. */
    settings: z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,31}$/), Line(256)),
    /** Servers of the time. */
    ntp: z.array(Host),
    rtc: z.enum(CLOCK_CHIPS).optional(),
    /** Of a gateway: what else its devices call it by, names and addresses. */
    names: z.array(Host),
    /** Files that are no text of ours, from the bundle's folder: the program, packages. */
    carried: z.record(z.string(), FileRecord),
  })
  .superRefine((order, context) => {
    const fault = faultOf(order);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });
export type Order = z.infer<typeof Order>;

/** What of an order does not go together. */
function faultOf({
  profile,
  wifi,
  sensors,
}: {
  readonly profile: ProfileName;
  readonly wifi?: unknown;
  readonly sensors: readonly SensorWish[];
}): string | undefined {
  const { accessPoint, lte } = PROFILES[profile].network;
  if (accessPoint && wifi !== undefined) {
    return `${profile}: its one radio is its own Wi-Fi; it cannot join another (leave --wifi-ssid out)`;
  }
  const numbered = sensors.find(({ address }) => /^serial:\/dev\/ttyUSB/.test(address ?? ""));
  const unnamed = sensors.find(
    ({ name, address }) => address === undefined && /^serial:\/dev\/ttyUSB/.test(usualAddress(name) ?? ""),
  );
  const sensor = numbered ?? unnamed;
  if (!lte || sensor === undefined) return undefined;
  return `${sensor.name}: a modem takes /dev/ttyUSB… too; write ${sensor.name}@serial:/dev/serial/by-id/… (ls /dev/serial/by-id on any Linux)`;
}
