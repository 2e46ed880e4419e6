import { z } from "zod";

/** Text that holds JSON; to be piped into the schema of what it says. Text that is none is an issue, not a throw. */
export const JsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "not JSON" });
    return z.NEVER;
  }
});
