import { z } from "zod";
import { BrokerUrl } from "#contract/broker-url.ts";
import { ClaimToken, FleetUrl } from "#contract/enrolment.ts";
import { DeviceName, TenantName } from "#contract/names.ts";
import { PROFILE_NAMES } from "../profiles/profiles.ts";
import { SensorWish } from "./sensors.ts";

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
const TimeZone = z.string().regex(/^[A-Za-z]+(\/[A-Za-z_+-]+){0,2}$/, "must be like Asia/Yekaterinburg");
/** WPA2: 8 to 63 printable ASCII characters (IEEE 802.11i). */
export const WifiPassphrase = z
  .string()
  .regex(/^[\x21-\x5b\x5d-\x7e]{8,63}$/, "must be 8 to 63 characters, none a space or \\");

/** Everything that one device's bundle is made of. */
export const Order = z.object({
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
  accessPoint: z.object({ ssid: Line(32), passphrase: WifiPassphrase, country: z.string().regex(/^[A-Z]{2}$/) }),
  /** A Wi-Fi that is there, to be used by the device. */
  wifi: z.object({ ssid: Line(32), passphrase: WifiPassphrase }).optional(),
  apn: Line(64).optional(),
  timezone: TimeZone,
  /** An engineer's public SSH key: without it nobody can log in. */
  sshKey: z
    .string()
    .regex(/^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa|sk-ssh-ed25519@openssh.com) [A-Za-z0-9+/=]+( [\w@.+-]+)?$/)
    .optional(),
  /** Of a gateway: whom it speaks for. */
  tenants: z.array(TenantName),
  /** Over those of the profile. */
  settings: z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,31}$/), Line(256)),
  software: z.string(),
});
export type Order = z.infer<typeof Order>;
