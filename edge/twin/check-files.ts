import { readFile } from "node:fs/promises";
import { type Refusal, refusal } from "./judge-settings.ts";

/** Wanted settings without those that name a file which is not as it must be, and why. */
export interface CheckedFiles {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly refused: readonly Refusal[];
}

/** The cloud cannot send a file, only name one: an authority that is not there would cost a trial. */
export async function checkFiles(settings: Readonly<Record<string, unknown>>): Promise<CheckedFiles> {
  const { BROKER_CA: file, ...others } = settings;
  if (typeof file !== "string" || file === "") return { settings, refused: [] };
  const text = await readFile(file, "utf8").catch(() => "");
  if (text.includes("-----BEGIN CERTIFICATE-----")) return { settings, refused: [] };
  return { settings: others, refused: [refusal("BROKER_CA", "there is no certificate in such a file on this device")] };
}
