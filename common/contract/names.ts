import { z } from "zod";

/** A tenant: a region or a municipality. `dv` is reserved for our own consumers and gateways. */
export const TenantName = z.string().regex(/^[a-z0-9-]{1,32}$/, "must match [a-z0-9-]{1,32}");
/** A device, unique within its tenant; tenant and device together are the identity everywhere. */
export const DeviceName = z.string().regex(/^[a-z0-9-]{1,32}$/, "must match [a-z0-9-]{1,32}");
/** A place where air is measured (registry). */
export const StationName = z.string().regex(/^[a-z0-9-]{1,48}$/, "must match [a-z0-9-]{1,48}");
/** A waste collection site (registry). */
export const SiteName = z.string().regex(/^[a-z0-9-]{1,48}$/, "must match [a-z0-9-]{1,48}");
/** A sensor, unique within its station; the two channels of one instrument are two sensors. */
export const SensorName = z.string().regex(/^[a-z0-9-]{1,32}$/, "must match [a-z0-9-]{1,32}");
/** SHA-256 in lower-case hex. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in lower-case hex");

/** Tenant of our own consumers and gateways. */
export const RESERVED_TENANT = "dv";

/** Who speaks: the pair is the identity in keys, tables and cursors. */
export const Address = z.object({ tenant: TenantName, device: DeviceName });
export type Address = z.infer<typeof Address>;

/** The MQTT client id (and user name) of a device. */
export const clientIdOf = ({ tenant, device }: Address): string => `${tenant}:${device}`;

/** The address that a client id spells, or undefined when it spells none. */
export function addressOf(clientId: string): Address | undefined {
  const [tenant, device, ...rest] = clientId.split(":");
  const parsed = Address.safeParse({ tenant, device });
  return parsed.success && rest.length === 0 ? parsed.data : undefined;
}
