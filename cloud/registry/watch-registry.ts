import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { Registry } from "#contract/registry.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError, messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import { flawsOf } from "../air/correction/choose.ts";
import { indexRegistry, type RegistryIndex } from "./registry-index.ts";

/** How often the file is looked at; a person who saved it sees the change within this time. */
const LOOK_EVERY_MS = 1_000;

/** The registry file cannot be read or is not as the contract says. */
export class BadRegistry extends AppError {
  readonly code = "bad-registry";
  readonly retry = false;
}

/** The registry as the file says now. */
export interface RegistryWatch extends Closer {
  current(): RegistryIndex;
  /** What is wrong with the file while an older state of it is in force, or null. */
  trouble(): string | null;
}

/** Whom a watch tells. */
export interface RegistryListeners {
  readonly onChange: () => void;
  /** Called once for each broken state of the file. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Reads the registry and looks after the file's changes.
 *
 * Rejects with `BadRegistry` when the first reading fails; later a broken file leaves the old registry in force.
 */
export async function watchRegistry(file: string, { onChange, onTrouble }: RegistryListeners): Promise<RegistryWatch> {
  let seen = await markOf(file);
  let current = await readRegistry(file);
  let trouble: string | null = null;
  const look = async () => {
    const mark = await markOf(file);
    if (mark === seen) return;
    seen = mark;
    try {
      current = await readRegistry(file);
    } catch (error) {
      trouble = messageOf(error);
      onTrouble(error);
      return;
    }
    trouble = null;
    onChange();
  };
  const timer = every(LOOK_EVERY_MS, look, onTrouble);
  return { current: () => current, trouble: () => trouble, close: () => timer.close() };
}

/** Reads a registry file once. Rejects with `BadRegistry`. */
export async function readRegistry(file: string): Promise<RegistryIndex> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new BadRegistry(`the registry ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  const parsed = Registry.safeParse(json);
  if (!parsed.success) throw new BadRegistry(`the registry ${file} is wrong:\n${z.prettifyError(parsed.error)}`);
  const flaws = flawsOf(parsed.data.corrections);
  if (flaws.length > 0)
    throw new BadRegistry(`the corrections of the registry ${file} are wrong:\n${flaws.join("\n")}`);
  return indexRegistry(parsed.data);
}

/** What changes when the file is written or replaced; `absent` while there is none. */
async function markOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? "absent" : `${found.ino}:${found.mtimeNs}:${found.size}`;
}
