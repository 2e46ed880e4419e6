import { parseArgs } from "node:util";
import { z } from "zod";
import { FleetUrl } from "#contract/enrolment.ts";
import { runCommand } from "#kit/run-command.ts";
import { ADMIN_OPTIONS, postAsAdmin } from "./admin-client.ts";

const HELP = `Revokes certificates: gateways refuse them, and close whoever is connected with them, within seconds.

  npm run -s client:revoke -- TENANT DEVICE --admin-token-file FILE     all of a client, and its open claims
  npm run -s client:revoke -- --serial SERIAL --admin-token-file FILE   one certificate
  --reason REASON          unspecified, key-compromise, superseded or retired [unspecified]
  --cloud URL              the cloud's address, https: or this machine [${ADMIN_OPTIONS.cloud.default}]
  --admin-token-file FILE  holds the administrator's token

It cannot be taken back. A device that is to go on needs a new claim.
`;

const Revocation = z.object({ revoked: z.array(z.string()), claims: z.number() });

await runCommand("client:revoke", async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...ADMIN_OPTIONS,
      serial: { type: "string" },
      reason: { type: "string", default: "unspecified" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return HELP;
  const { serial, reason } = values;
  const [tenant, device, ...more] = positionals;
  const isAll = tenant !== undefined && device !== undefined && more.length === 0;
  if (isAll === (serial !== undefined)) throw new Error("what? client:revoke -- TENANT DEVICE …, or --serial SERIAL …");
  const order = { ...(isAll ? { tenant, device } : { serial }), reason };
  const cloud = FleetUrl.parse(values.cloud);
  const done = Revocation.parse(
    await postAsAdmin(cloud, values["admin-token-file"], "/api/v1/fleet/revocations", order),
  );
  const lines = done.revoked.map((one) => `revoked ${one}`);
  if (done.claims > 0) lines.push(`${done.claims} open claims cancelled`);
  return `${lines.length === 0 ? "nothing held any more" : lines.join("\n")}\n`;
});
