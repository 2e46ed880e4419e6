/** Logs and prints for a while and then writes a file: a console that takes nothing must not keep it from that. */
import { writeFile } from "node:fs/promises";
import { stdout } from "node:process";
import { z } from "zod";
import { createLogger } from "#kit/logger.ts";
import { runMain } from "#kit/run-main.ts";
import { wait } from "#kit/wait.ts";

await runMain("logging", z.object({}), async () => {
  const log = createLogger("test", "info");
  for (let i = 0; i < 200; i += 1) {
    log.info({ event: "line.logged", i, text: "x".repeat(10_000) }, "a line");
    stdout.write(`line ${i}\n`);
    if (i % 50 === 0) await wait(20);
  }
  const file = process.argv[2];
  if (file !== undefined) await writeFile(file, "still here");
});
