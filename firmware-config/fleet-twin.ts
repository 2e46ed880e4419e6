import { parseArgs } from "node:util";
import { z } from "zod";
import { FleetUrl } from "#contract/enrolment.ts";
import { Address } from "#contract/names.ts";
import { Desired, Reported } from "#contract/twin.ts";
import { runCommand } from "#kit/run-command.ts";
import { ADMIN_OPTIONS, type AdminClient, openAdminClient } from "./admin-client.ts";

const HELP = `Shows and changes what is wanted of a device, without a visit.

  npm run -s fleet:twin -- get TENANT DEVICE --admin-token-file FILE
  npm run -s fleet:twin -- set TENANT DEVICE SETTING=VALUE … --admin-token-file FILE

  SETTING=VALUE            as in the device's environment, e.g. READING_EVERY_S=30 LOG_LEVEL=debug
  SETTING=                 goes back to what the device was installed with
  --cloud URL              the cloud's address, https: or this machine [${ADMIN_OPTIONS.cloud.default}]
  --admin-token-file FILE  holds the administrator's token

The device hears it within seconds, or when it comes back. What it may not take it refuses and says why: see "get".
Which settings may be changed: TWIN_SETTINGS in firmware-config/settings/twin-settings.ts.
`;

const Twin = z.looseObject({
  rev: z.number(),
  settings: Desired.shape.settings,
  reported: Reported.nullable(),
  reportedAt: z.number().nullable(),
});
type Twin = z.infer<typeof Twin>;

const Change = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,31}=/, "is not SETTING=VALUE, e.g. READING_EVERY_S=30")
  .transform((text) => ({ name: text.slice(0, text.indexOf("=")), value: text.slice(text.indexOf("=") + 1) }));

/** Somebody else who changes the same twin at the same time is no reason to give up: the changes are of single settings. */
const TRIES = 5;

await runCommand("fleet:twin", async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...ADMIN_OPTIONS, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) return HELP;
  const [verb, tenant, device, ...changes] = positionals;
  const isRight = verb === "get" ? changes.length === 0 : verb === "set" && changes.length > 0;
  if (!isRight || tenant === undefined || device === undefined) {
    throw new Error("what? fleet:twin -- get TENANT DEVICE, or set TENANT DEVICE SETTING=VALUE …; see --help");
  }
  const address = Address.parse({ tenant, device });
  const client = await openAdminClient(FleetUrl.parse(values.cloud), values["admin-token-file"]);
  const path = `/api/v1/fleet/devices/${address.tenant}/${address.device}/twin`;
  if (verb === "set") await change(client, path, z.array(Change).parse(changes));
  return wordsOf(address, Twin.parse((await client.ask({ method: "GET", path })).json));
});

async function change(client: AdminClient, path: string, changes: readonly z.infer<typeof Change>[]): Promise<void> {
  for (let left = TRIES; left > 0; left -= 1) {
    const { json, etag } = await client.ask({ method: "GET", path });
    const settings = new Map(Object.entries(Twin.parse(json).settings));
    for (const { name, value } of changes) {
      if (value === "") settings.delete(name);
      else settings.set(name, value);
    }
    const body = { settings: Object.fromEntries(settings) };
    const request = { method: "PUT", path, body, ifMatch: etag ?? '"0"' } as const;
    const { status } = await client.ask(request, left > 1 ? [412] : []);
    if (status !== 412) return;
  }
}

function wordsOf({ tenant, device }: Address, { rev, settings, reported, reportedAt }: Twin): string {
  const head = `${tenant}:${device} ${rev === 0 ? "nothing is wanted of it" : `rev ${rev}`}`;
  const said = reported === null ? "has not said anything" : `has decided on rev ${reported.rev ?? "none"}`;
  const when = reportedAt === null ? "" : `, ${new Date(reportedAt).toISOString()}`;
  const trial = reported?.onTrial === true ? ", on trial: it proves that it can still be reached" : "";
  const wanted = Object.entries(settings).map(
    ([name, value]) => `  ${name}=${value}  ${stateOf(name, value, rev, reported)}`,
  );
  const refused = (reported?.refused ?? [])
    .filter(({ setting }) => !(setting in settings))
    .map(({ setting, reason }) => `  refused ${setting}: ${reason}`);
  const updates = (reported?.updates ?? []).map(
    ({ kind, name, version, stage, reason }) =>
      `  ${kind} ${name} ${version}: ${stage}${reason === undefined ? "" : ` (${reason})`}`,
  );
  return [`${head}; the device ${said}${when}${trial}`, ...wanted, ...refused, ...updates, ""].join("\n");
}

function stateOf(name: string, value: string, rev: number, reported: Reported | null): string {
  const refusal = reported?.refused.find(({ setting }) => setting === name || setting === "*");
  if (reported?.rev === rev && refusal !== undefined) return `refused: ${refusal.reason}`;
  return reported?.settings[name] === value ? "in force" : "not in force yet";
}
