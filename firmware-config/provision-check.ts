import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { systemClock } from "#kit/clock.ts";
import { runCommand } from "#kit/run-command.ts";
import { checkBundle } from "./check/check-bundle.ts";
import { checkWithTools } from "./check/check-tools.ts";
import { textOfFindings } from "./check/finding.ts";
import { readBundle } from "./check/read-bundle.ts";

const HELP = `Says in plain words (RU, EN) what is wrong with a device's bundle; code 1 where the device would not come up, or be open.

  npm run -s provision:check -- DIR

Also asks systemd-analyze, nft and cloud-init where they are on this machine.
`;

await runCommand("provision:check", async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) return HELP;
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new Error("which folder? provision:check -- DIR");
  const bundle = await readBundle(folder);
  const tools = await checkWithTools(bundle);
  const findings = [...checkBundle(bundle, systemClock.nowMs()), ...tools.findings];
  const errors = findings.filter(({ level }) => level === "error").length;
  if (findings.length > 0) stdout.write(`${textOfFindings(findings)}\n`);
  stdout.write(tools.notes.map((note) => `${note}\n`).join(""));
  if (errors > 0) throw new Error(`${folder}: ошибок ${errors} / ${errors} errors`);
  return `${folder}: комплект исправен / the bundle is good (${bundle.size} files)\n`;
});
