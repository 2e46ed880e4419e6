import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type SignedUpdate, signUpdate } from "#contract/updates.ts";
import { packFolder } from "../../../firmware-config/bundle/tar.ts";
import type { ArtefactServer } from "./artefact-server.ts";
import { NOW, operator } from "./updates-support.ts";

/** Files of a bundle by their paths; those in `bin` may be run. */
export type BundleFiles = Readonly<Record<string, string>>;

/** Writes a bundle's files into a folder. */
export async function writeBundle(folder: string, files: BundleFiles): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text);
    if (path.startsWith("bin/")) await chmod(place, 0o755);
  }
}

/** A bundle whose program says its version and as what it was started, and whose self-test does as it is told. */
export const aBundle = (version: string, change: BundleFiles = {}): BundleFiles => ({
  "package.json": JSON.stringify({ name: "dvornik-edge", version, arch: process.arch, type: "module" }),
  "bin/dvornik-edge": `#!/bin/sh\necho "${version} as $DVORNIK_STARTED_AS with $*"\n`,
  "bin/node": `#!/bin/sh\nexec "${process.execPath}" "$@"\n`,
  "edge/update/self-test-main.js": `process.stdout.write(JSON.stringify({ software: "${version}", model: null }));`,
  ...change,
});

/** Packs a bundle, puts it on a server and signs it. */
export async function publishSoftware(
  server: ArtefactServer,
  folder: string,
  { version, counter, change }: { readonly version: string; readonly counter: number; readonly change?: BundleFiles },
): Promise<SignedUpdate> {
  const built = join(folder, `built-${counter}`);
  await writeBundle(built, aBundle(version, change));
  const archive = `${built}.tar.gz`;
  await packFolder(built, archive);
  return signSoftware(server, version, counter, await readFile(archive));
}

/** Signs any bytes as software. */
export const signSoftware = (
  server: Pick<ArtefactServer, "put">,
  version: string,
  counter: number,
  bytes: Uint8Array,
): SignedUpdate =>
  signUpdate(
    {
      ...{ v: 1, purpose: "dvornik-update-1", kind: "software", name: "edge", version, counter },
      ...{ minSoftware: "0.1.0", issuedAt: NOW, expiresAt: Date.UTC(2099, 0, 1) },
      files: [server.put("bundle.tar.gz", bytes)],
    },
    operator.privateKeyPem,
  );
