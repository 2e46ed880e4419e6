import { env } from "node:process";
import { parseArgs } from "node:util";
import { ClaimToken, FleetUrl, RENEW_AT } from "#contract/enrolment.ts";
import { clientIdOf } from "#contract/names.ts";
import { readSecret } from "#kit/read-secret.ts";
import { runCommand } from "#kit/run-command.ts";
import { type CertificatePlace, enrolInto, renewIn } from "./get-certificate.ts";
import { type Identity, identityFilesIn, readIdentity } from "./identity-files.ts";

const HELP = `Gets a certificate for a gateway or a consumer on this machine, and renews it when it is due.

  CLAIM=… npm run -s client:enrol -- --cloud https://cloud.example --dir DIR
  npm run -s client:enrol -- --cloud https://cloud.example --dir DIR     later: renews after 60 % of its life, else does
                                                                          nothing; run it daily from a timer
  --claim-file FILE   holds the claim, instead of CLAIM
  --cloud URL         the cloud's address, https: or this machine
  --dir DIR           where it is kept (0600): identity.pem (key and certificate in one file) and ca.pem (the authority)

The key is made here and never leaves. After a failure run the same again: a lost answer is asked for with the same key.
After a revocation remove DIR and come with a new claim.
`;

async function readClaim(file: string | undefined): Promise<string | undefined> {
  const text = file === undefined ? env.CLAIM : await readSecret("--claim-file", file);
  return text === undefined || text === "" ? undefined : ClaimToken.parse(text);
}

const renewsAtMs = ({ notBeforeMs, notAfterMs }: Identity): number =>
  notBeforeMs + RENEW_AT * (notAfterMs - notBeforeMs);

/** The settings of whoever signs in with it. */
function told(identity: Identity, folder: string, what: string): string {
  const { principal, serial, notAfterMs } = identity;
  const { pem, ca } = identityFilesIn(folder);
  return [
    `# ${clientIdOf(principal)} (${principal.role}), certificate ${serial}: ${what}`,
    `# until ${new Date(notAfterMs).toISOString()}, renewed from ${new Date(renewsAtMs(identity)).toISOString()} on`,
    `# certificate and key: ${pem}`,
    `# the fleet's authority: ${ca}`,
    ...settingsOf(identity, pem),
    "",
  ].join("\n");
}

function settingsOf({ principal: { role, device } }: Identity, pem: string): readonly string[] {
  if (role === "consumer") return [`DEVICE=${device}`, `BROKER_CERT=${pem}`, `BROKER_KEY=${pem}`];
  if (role === "gateway") return [`PARENT_CERT=${pem}`, `PARENT_KEY=${pem}`];
  return [];
}

await runCommand("client:enrol", async () => {
  const { values } = parseArgs({
    options: {
      cloud: { type: "string" },
      dir: { type: "string" },
      "claim-file": { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return HELP;
  const { cloud, dir: folder } = values;
  if (cloud === undefined || folder === undefined) throw new Error("--cloud URL and --dir DIR are needed; see --help");
  const place: CertificatePlace = { fleetUrl: FleetUrl.parse(cloud), folder };
  const held = await readIdentity(folder);
  const claim = await readClaim(values["claim-file"]);
  if (held === undefined && claim === undefined) {
    throw new Error(`${folder} holds no certificate yet: set CLAIM or --claim-file (client:claim makes one)`);
  }
  if (held !== undefined && Date.now() < renewsAtMs(held)) return told(held, folder, "holds");
  if (held !== undefined && Date.now() < held.notAfterMs) return told(await renewIn(place, held), folder, "renewed");
  if (claim === undefined)
    throw new Error("the certificate has expired: a new claim is needed (client:claim makes one)");
  return told(await enrolInto(place, claim), folder, "new");
});
