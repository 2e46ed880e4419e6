import { z } from "zod";
import { type Finding, isFindingCode } from "../health/finding.ts";

const Answer = z.object({
  findings: z.array(
    z.object({
      part: z.string(),
      code: z.string(),
      values: z.record(z.string(), z.union([z.string(), z.number()])),
      detail: z.string().nullable(),
    }),
  ),
});

const WITHIN_MS = 3_000;

/** What the running agent finds of the device, or undefined where none answers. */
export async function askAgent(url: string): Promise<readonly Finding[] | undefined> {
  try {
    const answer = await fetch(new URL("/findings", url), { signal: AbortSignal.timeout(WITHIN_MS) });
    const { findings } = Answer.parse(await answer.json());
    // An agent of another version may find what this doctor has no words for.
    return findings.flatMap(({ code, ...rest }) => (isFindingCode(code) ? [{ ...rest, code }] : []));
  } catch {
    return undefined;
  }
}
