import { readFile, stat } from "node:fs/promises";
import { type Refusal, refusal } from "./judge-settings.ts";

/** Wanted settings without those that name a file which is not as it must be, and why. */
export interface CheckedFiles {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly refused: readonly Refusal[];
}

/** Some hundred authorities. */
const MAX_BYTES = 256 * 1024;

/** The cloud cannot send a file, only name one: an authority that is not there would cost a trial. */
export async function checkFiles(settings: Readonly<Record<string, unknown>>): Promise<CheckedFiles> {
  const { BROKER_CA: file, ...others } = settings;
  if (typeof file !== "string" || file === "") return { settings, refused: [] };
  if (await holdsCertificate(file)) return { settings, refused: [] };
  return { settings: others, refused: [refusal("BROKER_CA", "there is no certificate in such a file on this device")] };
}

/** Looks at files only: a device such as /dev/zero has no end, and a pipe may never begin. */
async function holdsCertificate(file: string): Promise<boolean> {
  try {
    const about = await stat(file);
    if (!about.isFile() || about.size === 0 || about.size > MAX_BYTES) return false;
    return (await readFile(file, "utf8")).includes("-----BEGIN CERTIFICATE-----");
  } catch {
    // It is not there, or not for us to read.
    return false;
  }
}
