import type { z } from "zod";
import { EdgeConfig } from "./edge-settings.ts";
import type { Installed } from "./outside-rules.ts";
import { twinSettingOf } from "./twin-settings.ts";

/** The longest text of a setting (contract, `Settings`). */
const MAX_TEXT = 256;

/**
 * The text of a setting that the cloud may change and that is right by itself, or why it is not. `installed` is what the
 * device was installed with, where that is known.
 */
export function judgeTwinSetting(
  name: string,
  value: unknown,
  installed?: Installed,
): { readonly text: string } | string {
  const schema = new Map<string, z.ZodType>(Object.entries(EdgeConfig.shape)).get(name);
  if (schema === undefined) return "is no setting of this software";
  const may = twinSettingOf(name);
  if (may === undefined) return "may not be changed from outside";
  if (typeof value !== "string") return "must be text, as in the environment";
  if (value.length > MAX_TEXT) return `is longer than ${MAX_TEXT} characters`;
  const parsed = schema.safeParse(value === "" ? undefined : value);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? "is not understood";
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = may;
  const isOutside = typeof parsed.data === "number" && (parsed.data < least || parsed.data > most);
  if (isOutside) return `must be ${rangeOf(least, most)} when it is set from outside`;
  return may.refuses?.(name, value, installed) ?? { text: value };
}

function rangeOf(least: number, most: number): string {
  if (least === Number.NEGATIVE_INFINITY) return `at most ${most}`;
  return most === Number.POSITIVE_INFINITY ? `at least ${least}` : `from ${least} to ${most}`;
}
