import { readFile } from "node:fs/promises";
import { messageOf } from "./errors.ts";
import { BadConfig } from "./load-config.ts";

/**
 * A secret from its file, without the white space around it; `key` is the setting that names the file.
 *
 * Rejects with `BadConfig` when the file cannot be read or holds nothing: an empty secret would open what it should shut.
 */
export async function readSecret(key: string, file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new BadConfig(`${key}: ${file} cannot be read (${messageOf(cause)})`, { cause });
  });
  const secret = text.trim();
  if (secret === "") throw new BadConfig(`${key}: ${file} is empty`);
  return secret;
}
