import { z } from "zod";

/** Names of a benchmark's parts with commas between, as `BENCH_PARTS` has them; all of them unless said. */
export const partNames = <const Part extends string>(parts: readonly Part[]) =>
  z
    .string()
    .transform((text, context): readonly Part[] => {
      const parsed = z.array(z.enum(parts)).safeParse(text.split(","));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: "custom", message: `names of: ${parts.join(",")}` });
      return z.NEVER;
    })
    .default(parts)
    .describe(`what is measured, of: ${parts.join(",")}`);
