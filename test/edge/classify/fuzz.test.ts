import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { SiteState } from "#contract/messages.ts";
import { runProgram } from "#kit/run-program.ts";

const Said = z.object({ outcomes: z.record(z.string(), z.number()), slowestMs: z.number(), memoryMb: z.number() });
const COUNT = 300;
/** A classifier that does nothing else takes some 170 MB. */
const MOST_MB = 400;

it("three hundred spoilt JPEGs end in a verdict or a reason each, in bounded memory, and the process lives", async () => {
  const { status, output, complaints } = await runProgram(
    {
      command: process.execPath,
      args: [join(import.meta.dirname, "fuzz-photos.ts"), String(COUNT), "20261122"],
      environment: {},
      withinMs: 110_000,
      maxOutputBytes: 10_000,
    },
    new AbortController().signal,
  );
  const { outcomes, memoryMb } = Said.parse(JSON.parse(output.toString("utf8")));

  expect(complaints).not.toMatch(/error/i);
  expect(status).toBe(0);
  const answers: readonly string[] = [...SiteState.options, "photo-unreadable"];
  expect(Object.keys(outcomes).filter((outcome) => !answers.includes(outcome))).toEqual([]);
  expect(Object.values(outcomes).reduce((sum, n) => sum + n, 0)).toBe(COUNT);
  expect(memoryMb).toBeLessThan(MOST_MB);
}, 120_000);
