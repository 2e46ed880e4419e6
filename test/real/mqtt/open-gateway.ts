import { join } from "node:path";
import { freePort } from "../../support/free-port.ts";
import { defineProgram, type Program } from "../../support/program.ts";

/** Our gateway in its open mode, as its own process on a free port of loopback; its journal and log lie in `folder`. */
export async function startOpenGateway(folder: string): Promise<{ readonly port: number; readonly program: Program }> {
  const port = await freePort();
  const metricsPort = await freePort();
  const program = defineProgram({
    part: "gateway",
    settings: {
      OPEN: "true",
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      DATA_DIR: join(folder, "gateway"),
      LOG_LEVEL: "error",
    },
    logFile: join(folder, "gateway.log"),
    readyUrl: `http://127.0.0.1:${metricsPort}/healthz`,
  });
  await program.start();
  return { port, program };
}
