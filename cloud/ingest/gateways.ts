import { z } from "zod";
import { DeviceName, TenantName } from "#contract/names.ts";

/** Stands for every tenant. */
const ALL = "*";
const SHAPE = "must be NAME=TENANT+TENANT, or NAME=* for every tenant; entries are separated by commas";

/** For which tenants each gateway may say that messages are lost, by its name (`GATEWAY_NAME`). */
export const Gateways = z.map(DeviceName, z.array(z.union([z.literal(ALL), TenantName])));
export type Gateways = z.infer<typeof Gateways>;

const parts = (text: string, separator: string) => text.split(separator).map((part) => part.trim());

/** Why an entry cannot be, or undefined. */
function faultOf(name: string, tenants: readonly string[], rest: readonly string[]): string | undefined {
  if (rest.length > 0 || tenants.includes("")) return SHAPE;
  if (!DeviceName.safeParse(name).success) return `the name of a gateway must match [a-z0-9-]{1,32}; ${SHAPE}`;
  if (tenants.includes(ALL)) return tenants.length > 1 ? `${ALL} is every tenant already: it stands alone` : undefined;
  const strange = tenants.find((tenant) => !TenantName.safeParse(tenant).success);
  return strange === undefined ? undefined : `the tenant "${strange}" must match [a-z0-9-]{1,32}`;
}

const Spelled = z.string().transform((text, context): Gateways => {
  const gateways: Gateways = new Map();
  for (const entry of parts(text, ",")) {
    const [name = "", list = "", ...rest] = parts(entry, "=");
    const tenants = parts(list, "+");
    const fault = gateways.has(name) ? "is named twice: give all its tenants at once" : faultOf(name, tenants, rest);
    if (fault !== undefined) context.addIssue({ code: "custom", message: `"${entry}" ${fault}` });
    gateways.set(name, tenants);
  }
  return gateways;
});

/** The text of the setting, `gateway=*,village-3=chel+kopeysk`; refused with what is wrong with which entry. */
export const GatewaysText = z.string().superRefine((text, context) => {
  for (const { message } of Spelled.safeParse(text).error?.issues ?? []) {
    context.addIssue({ code: "custom", message });
  }
});

/** What the setting says; its text was checked before (`GatewaysText`). */
export const gatewaysOf = (text: string): Gateways => Spelled.parse(text);

/** Whether a gateway may say that messages of a tenant are lost. */
export function speaksFor(gateways: Gateways, gateway: string, tenant: string): boolean {
  const tenants = gateways.get(gateway) ?? [];
  return tenants.includes(ALL) || tenants.includes(tenant);
}
