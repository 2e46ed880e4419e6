import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { defineProgram, type Program } from "./program.ts";

/** The real gateway as a process, laid out on free ports with its data and log in `folder`; nothing runs before `start`. */
export async function layGateway(
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly program: Program; readonly port: number; readonly metricsPort: number }> {
  const port = await freePort();
  const metricsPort = await freePort();
  const program = defineProgram({
    part: "gateway",
    settings: { DATA_DIR: join(folder, "gateway"), ...settings, PORT: String(port), METRICS_PORT: String(metricsPort) },
    logFile: join(folder, "gateway.log"),
    readyUrl: `http://127.0.0.1:${metricsPort}/healthz`,
  });
  return { program, port, metricsPort };
}
