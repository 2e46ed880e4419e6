import { parseArgs } from "node:util";
import { makeKeyPair } from "#contract/ed25519.ts";
import { runCommand } from "#kit/run-command.ts";
import { writeNewKey } from "./sign-update.ts";

const HELP = `Makes the key pair that updates are signed with. Prints the setting of the devices that trust it.

  npm run -s update:key -- --out FILE

  --out FILE   the private key (PEM, mode 0600); it must not be there yet

Keep the file on a machine that is not on the network, and a copy of it in a safe: whoever has it decides what the devices
run, and without it no device takes an update any more. Devices may know several keys: UPDATE_KEYS=KEY,NEXT_KEY.
`;

await runCommand("update:key", async () => {
  const { values } = parseArgs({
    options: { out: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) return HELP;
  if (values.out === undefined) throw new Error("--out FILE is needed; see --help");
  const { privateKeyPem, publicKey } = makeKeyPair();
  await writeNewKey(values.out, privateKeyPem);
  return `# the private key is in ${values.out}; the devices' setting:\nUPDATE_KEYS=${publicKey}\n`;
});
