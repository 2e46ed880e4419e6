import { z } from "zod";
import { Address, clientIdOf, DeviceName, RESERVED_TENANT, TenantName } from "./names.ts";

/** What a client of the gateway may be; the access list follows from it. */
export const Role = z.enum(["device", "gateway", "consumer", "operator"]);
export type Role = z.infer<typeof Role>;

/** More tenants than this behind one gateway or one operator is a mistake. */
export const MAX_TENANTS = 64;

/**
 * Whom a certificate or a token speaks for. Devices belong to their own tenant and speak for themselves. Gateways,
 * consumers and operators are devices of the reserved tenant; a gateway speaks for the devices of its `tenants`, an
 * operator looks into them.
 */
export const Principal = z.object({
  tenant: TenantName,
  device: DeviceName,
  role: Role,
  tenants: z.array(TenantName).max(MAX_TENANTS).default([]),
});
export type Principal = z.infer<typeof Principal>;

/** Why this principal cannot be, or undefined. */
export function faultOfPrincipal({ tenant, role, tenants }: Principal): string | undefined {
  if ((tenant === RESERVED_TENANT) !== (role !== "device")) {
    return `devices belong to a tenant of their own, gateways, consumers and operators to ${RESERVED_TENANT}`;
  }
  const needsTenants = role === "gateway" || role === "operator";
  if (needsTenants !== tenants.length > 0) {
    return needsTenants
      ? `the role ${role} needs the tenants that it is for`
      : `the role ${role} has no list of tenants`;
  }
  return tenants.includes(RESERVED_TENANT) ? `${RESERVED_TENANT} is no tenant of devices` : undefined;
}

const CLIENT = "urn:dvornik:client:";
const ROLE = "urn:dvornik:role:";
const TENANT = "urn:dvornik:tenant:";

/** How a certificate says whom it speaks for: URIs among its subject alternative names (RFC 5280, 4.2.1.6). */
export const urisOfPrincipal = (principal: Principal): readonly string[] => [
  `${CLIENT}${clientIdOf(principal)}`,
  `${ROLE}${principal.role}`,
  ...principal.tenants.map((tenant) => `${TENANT}${tenant}`),
];

/** Whom the URIs of a certificate speak for; undefined when they are not exactly those of one principal. */
export function principalOfUris(uris: readonly string[]): Principal | undefined {
  const after = (prefix: string) => uris.filter((uri) => uri.startsWith(prefix)).map((uri) => uri.slice(prefix.length));
  const [[client = "", ...moreClients], [role, ...moreRoles]] = [after(CLIENT), after(ROLE)];
  if (moreClients.length + moreRoles.length > 0) return undefined;
  const [tenant, device, ...rest] = client.split(":");
  const address = Address.safeParse({ tenant, device });
  const principal = Principal.safeParse({ ...address.data, role, tenants: after(TENANT) });
  if (!address.success || rest.length > 0 || !principal.success) return undefined;
  return faultOfPrincipal(principal.data) === undefined ? principal.data : undefined;
}
