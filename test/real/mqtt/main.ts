import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exit, stderr, stdout } from "node:process";
import { parseArgs } from "node:util";
import { startOpenGateway } from "./open-gateway.ts";
import { lineOf, replayAll } from "./replay-all.ts";

const USAGE = "npm run -s mqtt:sequences -- DIR [--port N]\n";

const { values, positionals } = parseArgs({ options: { port: { type: "string" } }, allowPositionals: true });
const [folder] = positionals;
if (folder === undefined) {
  stderr.write(USAGE);
  exit(2);
}
const ourFolder = await mkdtemp(join(tmpdir(), "dvornik-sequences-"));
const ours = values.port === undefined ? await startOpenGateway(ourFolder) : undefined;
try {
  const { total, failures } = await replayAll(folder, ours?.port ?? Number(values.port));
  for (const failure of failures) stdout.write(`${lineOf(failure)}\n`);
  stdout.write(`ok ${total - failures.length} of ${total}\n`);
} finally {
  await ours?.program.close();
  await rm(ourFolder, { recursive: true, force: true });
}
