import { z } from "zod";
import { BrokerUrl } from "#contract/broker-url.ts";
import { DeviceName, RESERVED_TENANT, TenantName } from "#contract/names.ts";
import { CONSUMER_GROUPS } from "#contract/topics.ts";

/** A comma separated list; white space around its members does not count. */
const listOf = (member: z.ZodType<string, string>, emptyWord = "") =>
  z
    .string()
    .transform((text) => (text.trim() === emptyWord ? [] : text.split(",").map((part) => part.trim())))
    .pipe(z.array(member));

const ParentTenant = TenantName.refine((tenant) => tenant !== RESERVED_TENANT, `${RESERVED_TENANT} is no tenant here`);
const GroupName = z.string().refine((name) => Object.hasOwn(CONSUMER_GROUPS, name), {
  error: `must be some of ${Object.keys(CONSUMER_GROUPS).join(",")}, or none`,
});

/** The settings of a gateway that concern a parent broker and what it means for its own consumer groups. */
export const parentSettings = {
  GATEWAY_NAME: DeviceName.default("gateway").describe(
    "its name: dv:NAME signs in at a parent, dv1/dv/NAME/state tells",
  ),
  PARENT_URL: BrokerUrl.optional().describe(
    "broker that this gateway sends to: mqtts://HOST:PORT, or mqtt:// on loopback",
  ),
  PARENT_USERNAME: z.string().min(1).optional().describe("user name at the parent; not set: dv:GATEWAY_NAME"),
  PARENT_TOKEN: z
    .string()
    .min(1)
    .optional()
    .describe("its secret at the parent; this, PARENT_TOKEN_FILE or PARENT_CERT"),
  PARENT_TOKEN_FILE: z.string().optional().describe("file that holds the secret"),
  PARENT_TENANTS: listOf(ParentTenant).optional().describe("tenants that it speaks for at the parent, comma separated"),
  PARENT_CA: z.string().optional().describe("PEM file of the authority that the parent's certificate comes from"),
  PARENT_CERT: z.string().optional().describe("PEM file of the certificate to show to the parent (role gateway)"),
  PARENT_KEY: z.string().optional().describe("PEM file of that certificate's key"),
  CONSUMER_GROUPS: listOf(GroupName, "none")
    .optional()
    .describe("consumer groups that records wait for: air,sites or none; not set: none with a parent, else both"),
};

/** What of the settings is checked together. */
export type ParentSettings = z.infer<z.ZodObject<typeof parentSettings>>;

/** The consumer groups of a gateway with these settings. */
export const groupsOf = ({ CONSUMER_GROUPS: wanted, PARENT_URL }: ParentSettings): readonly string[] =>
  wanted ?? (PARENT_URL === undefined ? Object.keys(CONSUMER_GROUPS) : []);

const OF_A_PARENT = [
  "PARENT_USERNAME",
  "PARENT_TOKEN",
  "PARENT_TOKEN_FILE",
  "PARENT_TENANTS",
  "PARENT_CA",
  "PARENT_CERT",
  "PARENT_KEY",
] as const;

/** Says what is wrong with the settings of a parent, if anything: the setting and what to do. */
export function faultOfParent(
  settings: ParentSettings & { readonly OPEN: boolean },
): { readonly key: keyof typeof parentSettings; readonly message: string } | undefined {
  const { PARENT_URL, PARENT_TENANTS, PARENT_CERT, PARENT_KEY, PARENT_TOKEN, PARENT_TOKEN_FILE } = settings;
  if (PARENT_URL === undefined) {
    const [orphan] = OF_A_PARENT.filter((key) => settings[key] !== undefined);
    if (orphan !== undefined) return { key: orphan, message: "means nothing without PARENT_URL" };
    const missing = Object.keys(CONSUMER_GROUPS).filter((group) => !groupsOf(settings).includes(group));
    if (missing.length === 0) return undefined;
    return { key: "CONSUMER_GROUPS", message: `without a PARENT_URL nobody would ever take what ${missing} is for` };
  }
  if (settings.OPEN) return { key: "PARENT_URL", message: "the open mode has no parent" };
  if (PARENT_TENANTS === undefined || PARENT_TENANTS.length === 0) {
    return { key: "PARENT_TENANTS", message: "a parent needs the tenants that this gateway speaks for" };
  }
  if ((PARENT_CERT === undefined) !== (PARENT_KEY === undefined)) {
    return { key: "PARENT_KEY", message: "PARENT_CERT and PARENT_KEY go together" };
  }
  if (PARENT_TOKEN !== undefined && PARENT_TOKEN_FILE !== undefined) {
    return { key: "PARENT_TOKEN", message: "set PARENT_TOKEN or PARENT_TOKEN_FILE, not both" };
  }
  return undefined;
}
