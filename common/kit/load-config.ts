import { z } from "zod";
import { AppError } from "./errors.ts";

/** A setting is missing or wrong; the message names each key and what it should be. */
export class BadConfig extends AppError {
  readonly code = "bad-config";
  readonly retry = false;
}

/** The settings of a schema that an environment names. Empty strings count as not set. */
export function givenSettings(
  schema: z.ZodObject,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(schema.shape).flatMap((key) => {
      const value = environment[key];
      return value === undefined || value === "" ? [] : [[key, value]];
    }),
  );
}

/**
 * Reads typed settings from an environment. Empty strings count as not set.
 *
 * Throws `BadConfig` with one line for each wrong key.
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<z.ZodObject<Shape>> {
  const parsed = schema.safeParse(givenSettings(schema, environment));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new BadConfig(`wrong settings (environment variables):\n${lines.join("\n")}`);
}

/** The `--help` page of a part: each setting with its default and its description (`schema.shape[KEY].describe(...)`). */
export function describeConfig(title: string, schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([key, field]) => {
    const empty = z.safeParse(field, undefined);
    const fallback = empty.success ? (empty.data === undefined ? "not set" : String(empty.data)) : "required";
    const description = z.globalRegistry.get(field)?.description ?? "";
    return `  ${key.padEnd(24)} ${description} [${fallback}]`;
  });
  return `${title}\n\nSettings are environment variables:\n${rows.join("\n")}\n`;
}
