import { stderr, stdout } from "node:process";
import { parseArgs } from "node:util";
import { z } from "zod";
import { faultOfPrincipal, Principal } from "#contract/principals.ts";
import { messageOf } from "#kit/errors.ts";
import { addClient } from "./credentials.ts";

const HELP = `Lets a device (or the cloud) into a gateway: adds it to the gateway's credentials file and prints its settings once.

  npm run -s client:add -- TENANT DEVICE           a device, for example: chel truck-17
  npm run -s client:add -- dv cloud --role consumer    the cloud as the gateway's consumer
  npm run -s client:add -- dv village-3 --role gateway --tenants chel,kopeysk   a gateway that speaks for two tenants
  --file FILE                                      the gateway's CREDENTIALS_FILE [data/gateway/credentials.json]

The token is shown this once and kept only as a hash. Adding a client again gives it a new token; the old one stops working.
`;

const Wanted = Principal.superRefine((principal, context) => {
  const fault = faultOfPrincipal(principal);
  if (fault !== undefined) context.addIssue(fault);
});

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      role: { type: "string", default: "device" },
      tenants: { type: "string" },
      file: { type: "string", default: "data/gateway/credentials.json" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help || positionals.length !== 2) {
    stdout.write(HELP);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const [tenant, device] = positionals;
  const wanted = Wanted.safeParse({ tenant, device, role: values.role, tenants: values.tenants?.split(",") });
  if (!wanted.success) throw new Error(z.prettifyError(wanted.error));
  const token = await addClient(values.file, wanted.data);
  const owner = wanted.data.role === "device" ? `TENANT=${tenant}\nDEVICE=${device}` : `DEVICE=${device}`;
  stdout.write(`${owner}\nTOKEN=${token}\n`);
}

await main().catch((error: unknown) => {
  stderr.write(`client:add: ${messageOf(error)}\n`);
  process.exit(1);
});
