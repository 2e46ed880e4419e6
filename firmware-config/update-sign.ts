import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ARCHES, UpdateKind, updateId, Version } from "#contract/updates.ts";
import { runCommand } from "#kit/run-command.ts";
import { readPrivateKey, signFiles } from "./sign-update.ts";

const HELP = `Signs an update and lays it out as the cloud serves it.

  npm run -s update:sign -- --key FILE --kind model    --counter N --expires 2027-06-01 --out DIR models/waste-site
  npm run -s update:sign -- --key FILE --kind software --counter N --expires 2027-06-01 --out DIR bundle.tar.gz --version 1.4.0

  --key FILE            the private key (npm run -s update:key makes it)
  --kind KIND           model or software
  --counter N           one more than the last one's: no device takes a counter that is not above all it has had
  --expires TIME        no device takes it later, e.g. 2027-06-01 or 2027-06-01T12:00:00Z
  --version VERSION     of a model: what its manifest.json says
  --arch ARCH           of software: the machine that it is for, arm64 or x64; others do not fetch it
  --name NAME           what it replaces [waste-site, or edge for software]
  --min-software V      the oldest software that may take it [0.1.0]
  --out DIR             gets {id}.update.json, and each file under its SHA-256
  FILES | DIR           a folder's manifest.json, *.onnx and sample-*.jpg, or the files themselves
`;

const Arch = z.enum(ARCHES, "--arch must be arm64 or x64").optional();
const Counter = z.coerce.number("--counter must be a number").int().min(1);
const Expires = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/, "--expires must be like 2027-06-01 or 2027-06-01T12:00:00Z")
  .transform((text) => Date.parse(text));
const NAME_OF_KIND = { model: "waste-site", software: "edge" } as const;
/** Of a folder: the rest (a model card) is for people. */
const GOES_ALONG = /^(manifest\.json|.+\.onnx|sample-.+\.jpg|.+\.tar\.gz)$/;

async function filesOf(places: readonly string[]): Promise<readonly string[]> {
  const [first] = places;
  if (first === undefined) throw new Error("which files? see --help");
  if (places.length > 1 || !(await stat(first)).isDirectory()) return places;
  return (await readdir(first))
    .filter((name) => GOES_ALONG.test(name))
    .sort()
    .map((name) => join(first, name));
}

/** The version that a model's own manifest says. */
async function versionOf(files: readonly string[]): Promise<string> {
  const manifest = files.find((file) => file.endsWith("manifest.json"));
  if (manifest === undefined) throw new Error("--version is needed");
  return z.looseObject({ version: Version }).parse(JSON.parse(await readFile(manifest, "utf8"))).version;
}

await runCommand("update:sign", async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: "string" },
      kind: { type: "string" },
      counter: { type: "string" },
      expires: { type: "string" },
      version: { type: "string" },
      name: { type: "string" },
      arch: { type: "string" },
      "min-software": { type: "string", default: "0.1.0" },
      out: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return HELP;
  const { key, out } = values;
  if (key === undefined || out === undefined) throw new Error("--key FILE and --out DIR are needed; see --help");
  const kind = UpdateKind.parse(values.kind, { error: () => "--kind must be model or software" });
  const files = await filesOf(positionals);
  const issuedAt = Date.now();
  const expiresAt = Expires.parse(values.expires ?? "");
  if (expiresAt <= issuedAt) throw new Error("--expires lies in the past");
  const order = {
    kind,
    files,
    issuedAt,
    expiresAt,
    name: values.name ?? NAME_OF_KIND[kind],
    version: values.version ?? (await versionOf(files)),
    counter: Counter.parse(values.counter),
    arch: Arch.parse(values.arch),
    minSoftware: values["min-software"],
  };
  const { signed, path } = await signFiles(order, await readPrivateKey(key), out);
  const { manifest } = signed;
  const lines = manifest.files.map(({ name, sha256, bytes }) => `  ${sha256}  ${name} (${bytes} bytes)`);
  return `${path}\n${kind} ${order.name} ${order.version}, counter ${order.counter}, id ${updateId(manifest)}\n${lines.join("\n")}\n`;
});
