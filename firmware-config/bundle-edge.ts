import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { runCommand } from "#kit/run-command.ts";
import { BUNDLES, bundleProgram } from "./bundle/bundle-program.ts";
import { ARCHES } from "./bundle/install-packages.ts";
import { packFolder } from "./bundle/tar.ts";

const HELP = `Writes the program of a device as it runs there: JavaScript, its packages and Node, nothing to fetch or compile.

  npm run -s bundle:edge -- --arch arm64 --out DIR

  --arch ARCH      ${ARCHES.join(" or ")} [arm64]
  --program NAME   ${Object.keys(BUNDLES).join(" or ")} [edge]
  --out DIR        a folder that is empty or not there
  --counter N      that it will be signed with: a device that comes with it takes none that is older
  --tar FILE       also packs it into FILE (.tar.gz), the same bytes each time

Needs the npm registry or npm's cache. Start it there with DIR/bin/dvornik-edge.
`;

const Wanted = z.object({
  arch: z.enum(ARCHES, "--arch must be arm64 or x64"),
  program: z.enum(["edge", "gateway"], "--program must be edge or gateway"),
  out: z.string("--out DIR is needed").min(1),
  tar: z.string().min(1).optional(),
  counter: z.coerce.number("--counter must be a number").int().min(1).optional(),
});
const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;

await runCommand("bundle:edge", async () => {
  const { values } = parseArgs({
    options: {
      arch: { type: "string", default: "arm64" },
      program: { type: "string", default: "edge" },
      out: { type: "string" },
      tar: { type: "string" },
      counter: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return HELP;
  const { arch, program, out, tar, counter } = Wanted.parse(values);
  const { files, bytes, parts } = await bundleProgram(join(import.meta.dirname, ".."), program, arch, out, counter);
  const lines = [`${out}: ${program} for linux-${arch}, ${files} files, ${megabytes(bytes)}`];
  for (const [name, size] of parts) lines.push(`  ${name.padEnd(16)} ${megabytes(size)}`);
  if (tar !== undefined) {
    await mkdir(dirname(tar), { recursive: true });
    await packFolder(out, tar);
    lines.push(`${tar}: ${megabytes((await stat(tar)).size)}`);
  }
  return `${lines.join("\n")}\n`;
});
