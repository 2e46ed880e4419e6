import { parseArgs } from "node:util";
import { z } from "zod";
import { FleetUrl } from "#contract/enrolment.ts";
import { faultOfPrincipal, Principal } from "#contract/principals.ts";
import { runCommand } from "#kit/run-command.ts";
import { ADMIN_OPTIONS, postAsAdmin } from "./admin-client.ts";

const HELP = `Makes a claim: a device turns it into its certificate, once. Prints the device's settings.

  npm run -s client:claim -- TENANT DEVICE --cloud https://cloud.example --admin-token-file FILE
  npm run -s client:claim -- dv cloud --role consumer …
  npm run -s client:claim -- dv village-3 --role gateway --tenants chel,kopeysk …

  --role ROLE              device, gateway, consumer or operator [device]
  --tenants A,B            whom a gateway speaks for, whom an operator looks into
  --hours N                the claim lapses after so many hours [24]
  --cloud URL              the cloud's address, https: or this machine [${ADMIN_OPTIONS.cloud.default}]
  --admin-token-file FILE  holds the administrator's token

The claim is shown this once. Whoever has it first is the client: hand it over as you would a key.
`;

const Wanted = Principal.superRefine((principal, context) => {
  const fault = faultOfPrincipal(principal);
  if (fault !== undefined) context.addIssue(fault);
});
const Hours = z.coerce.number("--hours must be a number").min(0.001).max(720);
const Claim = z.object({ claim: z.string(), expiresAt: z.number() });

await runCommand("client:claim", async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...ADMIN_OPTIONS,
      role: { type: "string", default: "device" },
      tenants: { type: "string" },
      hours: { type: "string", default: "24" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return HELP;
  const [tenant, device, ...more] = positionals;
  if (tenant === undefined || device === undefined || more.length > 0) {
    throw new Error("who is it for? client:claim -- TENANT DEVICE …, or --help");
  }
  const cloud = FleetUrl.parse(values.cloud);
  const wanted = Wanted.parse({ tenant, device, role: values.role, tenants: values.tenants?.split(",") });
  const order = { ...wanted, hours: Hours.parse(values.hours) };
  const { claim, expiresAt } = Claim.parse(
    await postAsAdmin(cloud, values["admin-token-file"], "/api/v1/fleet/claims", order),
  );
  const until = `# good once, until ${new Date(expiresAt).toISOString()}`;
  if (wanted.role === "device") {
    return `TENANT=${tenant}\nDEVICE=${device}\nFLEET_URL=${cloud}\nCLAIM=${claim}\n${until}\n`;
  }
  return `CLAIM=${claim}\n${until}; on the machine of ${tenant}:${device}, with CLAIM set:\n# npm run -s client:enrol -- --cloud ${cloud} --dir DIR\n`;
});
