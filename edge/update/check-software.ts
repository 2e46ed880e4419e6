import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { UpdateManifest } from "#contract/updates.ts";
import { messageOf } from "#kit/errors.ts";
import { JsonText } from "#kit/json-text.ts";
import { runProgram } from "#kit/run-program.ts";
import type { ModelPlace } from "../visits/judge.ts";
import { UpdateRefused } from "./update-refused.ts";

/** What a new program says of itself; the only thing that an old and a new one must agree on. */
export const SelfTestAnswer = z.looseObject({ software: z.string(), model: z.string().nullable() });
export type SelfTestAnswer = z.infer<typeof SelfTestAnswer>;

const Package = z.looseObject({ version: z.string(), arch: z.string() });
/** A Zero 2 W loads everything within half a minute. */
const WITHIN_MS = 3 * 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Starts the self-test of a staged program in a process of its own, with this device's settings and the model in use, on a
 * scratch folder. Gives what it says; rejects with `UpdateRefused` when it is for another machine, or fails.
 */
export async function checkSoftware(
  folder: string,
  { version }: UpdateManifest,
  device: { readonly environment: Readonly<Record<string, string | undefined>>; readonly model: ModelPlace },
  signal: AbortSignal,
): Promise<SelfTestAnswer> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
  const own = JsonText.pipe(Package).safeParse(text);
  if (!own.success)
    throw new UpdateRefused("the archive holds no program: its package.json is missing or says nothing");
  if (own.data.arch !== process.arch) throw new UpdateRefused(`it is for ${own.data.arch}, this is ${process.arch}`);
  if (own.data.version !== version) throw new UpdateRefused(`it is ${own.data.version}, signed as ${version}`);
  const scratch = await mkdtemp(join(tmpdir(), "dvornik-self-test-"));
  const { folder: model, file = "" } = device.model;
  const program = {
    command: join(folder, "bin/node"),
    args: [join(folder, "edge/update/self-test-main.js"), scratch, model, file],
    environment: device.environment,
    withinMs: WITHIN_MS,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  };
  try {
    const { status, output, complaints } = await runProgram(program, signal);
    if (status !== 0) throw new UpdateRefused(`its self-test ended with ${status}: ${complaints.trim().slice(-120)}`);
    const answer = JsonText.pipe(SelfTestAnswer).safeParse(output.toString("utf8"));
    if (!answer.success || answer.data.software !== version) throw new UpdateRefused("its self-test says nothing good");
    return answer.data;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UpdateRefused) throw error;
    throw new UpdateRefused(`its self-test failed: ${messageOf(error)}`.slice(0, 190), { cause: error });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
