import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { z } from "zod";
import type { Closer } from "#kit/closer.ts";

/** A process of the bench that is told things and answers. */
export interface Child<Told, Heard> extends Closer {
  /** Sends a message and waits for the next one that comes back. Rejects when the process leaves first. */
  ask(message: Told): Promise<Heard>;
  pid(): number;
}

/** Starts a file beside this one as a process and gives it its job; resolves with its first word. */
export async function startChild<Told extends object, Heard>(
  file: string,
  job: object,
  schema: z.ZodType<Heard>,
): Promise<Child<Told, Heard>> {
  const process: ChildProcess = fork(join(import.meta.dirname, file), { serialization: "advanced" });
  const left = once(process, "exit");
  const ask = async (message: object): Promise<Heard> => {
    const heard = once(process, "message");
    process.send(message);
    const [answer] = await Promise.race([heard, left.then(() => Promise.reject(new Error(`${file} ended early`)))]);
    return schema.parse(answer);
  };
  await ask(job);
  return {
    ask,
    pid: () => process.pid ?? 0,
    close: async () => {
      if (process.connected) process.disconnect();
      await left;
    },
  };
}
