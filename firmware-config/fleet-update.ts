import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { FleetUrl } from "#contract/enrolment.ts";
import { artefactPath, SignedUpdate, type UpdateFile } from "#contract/updates.ts";
import { JsonText } from "#kit/json-text.ts";
import { runCommand } from "#kit/run-command.ts";
import { ADMIN_OPTIONS, type AdminClient, openAdminClient } from "./admin-client.ts";

const HELP = `Rolls a signed update out, in waves, and shows how it goes.

  npm run -s fleet:update -- add SIGNED.json --admin-token-file FILE     uploads its files and begins
  npm run -s fleet:update -- list
  npm run -s fleet:update -- status ID            the first letters of an id are enough
  npm run -s fleet:update -- pause | resume | stop ID

  --files DIR              of add: where the files lie, each under its SHA-256 [beside SIGNED.json]
  --tenants A,B            of add: whose devices [everybody's]
  --waves 1,10,100         of add: percent of the devices after each wave [1,10,100]
  --soak-hours N           of add: the least time from one wave to the next [24]
  --silent-hours N         of add: a device not heard for so long after it switched is silent, and too many hold it [48]
  --failure-percent N      of add: more failures than this stop it [5]
  --enough-percent N       of add: so many of a wave must have a result [50]
  --cloud URL              the cloud's address, https: or this machine [${ADMIN_OPTIONS.cloud.default}]
  --admin-token-file FILE  holds the administrator's token

SIGNED.json comes from npm run -s update:sign. Pause keeps it from further devices and leaves it with those that it was given to,
also where they have not switched yet; stop takes it from these. A stopped update does not go on any more: sign it with the next
counter.
`;

const PATH = "/api/v1/fleet/updates";
const Rollout = z.looseObject({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  version: z.string(),
  counter: z.number(),
  plan: z.looseObject({ waves: z.array(z.number()) }),
  status: z.string(),
  wave: z.number(),
  why: z.string(),
  devices: z.number(),
  members: z.number(),
  counts: z.record(z.string(), z.number()),
  reasons: z.array(z.object({ standing: z.string(), reason: z.string(), devices: z.number() })),
});
type Rollout = z.infer<typeof Rollout>;
const Rollouts = z.object({ updates: z.array(Rollout) });
const Member = z.object({
  tenant: z.string(),
  device: z.string(),
  standing: z.string(),
  reason: z.string().nullable(),
});
const Detail = Rollout.extend({ list: z.array(Member) });

const Amount = z.string().transform(Number).pipe(z.number("must be a number"));
const Plan = z.object({
  tenants: z
    .string()
    .transform((text) => text.split(","))
    .optional(),
  waves: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(Amount))
    .optional(),
  "soak-hours": Amount.optional(),
  "silent-hours": Amount.optional(),
  "failure-percent": Amount.optional(),
  "enough-percent": Amount.optional(),
});
/** How many devices are shown one by one. */
const MAX_SHOWN = 20;
const UNREMARKABLE = ["well", "unheard", "waiting", "downloading", "testing", "trial", "unproven", "away"];

const options = {
  ...ADMIN_OPTIONS,
  files: { type: "string" },
  tenants: { type: "string" },
  waves: { type: "string" },
  "soak-hours": { type: "string" },
  "silent-hours": { type: "string" },
  "failure-percent": { type: "string" },
  "enough-percent": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

await runCommand("fleet:update", async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  if (values.help) return HELP;
  const [verb, what, ...more] = positionals;
  const wrong = new Error(
    "what? fleet:update -- add SIGNED.json, list, status ID, pause ID, resume ID or stop ID; see --help",
  );
  if (verb === undefined || more.length > 0 || (verb === "list") !== (what === undefined)) throw wrong;
  const client = await openAdminClient(FleetUrl.parse(values.cloud), values["admin-token-file"]);
  if (what === undefined) return (await listOf(client)).map(lineOf).join("") || "no update was ever rolled out\n";
  switch (verb) {
    case "add":
      return await add(client, what, values.files ?? dirname(what), Plan.parse(values));
    case "status":
      return detailOf(
        Detail.parse((await client.ask({ method: "GET", path: `${PATH}/${await idOf(client, what)}` })).json),
      );
    case "pause":
    case "resume":
    case "stop": {
      const path = `${PATH}/${await idOf(client, what)}/${verb}`;
      return lineOf(Rollout.parse((await client.ask({ method: "POST", path })).json));
    }
    default:
      throw wrong;
  }
});

async function add(client: AdminClient, file: string, folder: string, wanted: z.infer<typeof Plan>): Promise<string> {
  const signed = JsonText.pipe(SignedUpdate).safeParse(await readFile(file, "utf8"));
  if (!signed.success) throw new Error(`${file} is no signed update: ${z.prettifyError(signed.error)}`);
  const uploaded: string[] = [];
  for (const one of signed.data.manifest.files) {
    if (await upload(client, one, join(folder, one.sha256))) uploaded.push(`uploaded ${one.name}\n`);
  }
  const plan = {
    tenants: wanted.tenants,
    waves: wanted.waves,
    soakHours: wanted["soak-hours"],
    silentHours: wanted["silent-hours"],
    failurePercent: wanted["failure-percent"],
    enoughPercent: wanted["enough-percent"],
  };
  const { json } = await client.ask({ method: "POST", path: PATH, body: { update: signed.data, plan } });
  return `${uploaded.join("")}${lineOf(Rollout.parse(json))}`;
}

/** False where the cloud has it already. */
async function upload(client: AdminClient, { sha256 }: UpdateFile, file: string): Promise<boolean> {
  const { status } = await client.ask({ method: "HEAD", path: artefactPath(sha256) }, [404]);
  if (status !== 404) return false;
  await client.ask({ method: "PUT", path: `/api/v1/fleet/artefacts/${sha256}`, file });
  return true;
}

async function listOf(client: AdminClient): Promise<readonly Rollout[]> {
  return Rollouts.parse((await client.ask({ method: "GET", path: PATH })).json).updates;
}

async function idOf(client: AdminClient, start: string): Promise<string> {
  const found = (await listOf(client)).filter(({ id }) => id.startsWith(start.toLowerCase()));
  const [one] = found;
  if (one !== undefined && found.length === 1) return one.id;
  throw new Error(
    `${found.length === 0 ? "no update has" : "more than one update has"} an id that begins with ${start}`,
  );
}

function lineOf({
  id,
  kind,
  name,
  version,
  counter,
  plan,
  status,
  wave,
  why,
  devices,
  members,
  counts,
}: Rollout): string {
  const states = Object.entries(counts).map(([standing, n]) => `${n} ${standing}`);
  const share = plan.waves[wave - 1] ?? 100;
  return [
    `${id.slice(0, 12)}  ${kind} ${name} ${version}, counter ${counter}: ${status}, wave ${wave} of ${plan.waves.length} (${share} %)`,
    `  ${why}`,
    `  given to ${members} of ${devices} devices${states.length === 0 ? "" : `: ${states.join(", ")}`}`,
    "",
  ].join("\n");
}

function detailOf({ list, ...rollout }: z.infer<typeof Detail>): string {
  const reasons = rollout.reasons.map(({ standing, reason, devices }) => `  ${devices} ${standing}: ${reason}\n`);
  const remarkable = list.filter(({ standing }) => !UNREMARKABLE.includes(standing)).slice(0, MAX_SHOWN);
  const devices = remarkable.map(({ tenant, device, standing, reason }) => {
    return `  ${tenant}:${device} ${standing}${reason === null ? "" : `: ${reason}`}\n`;
  });
  return [lineOf(rollout), ...reasons, ...devices].join("");
}
