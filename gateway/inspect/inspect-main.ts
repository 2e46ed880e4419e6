import { join } from "node:path";
import { env, stderr, stdout } from "node:process";
import { parseArgs } from "node:util";
import { codeOf, messageOf } from "#kit/errors.ts";
import { inspectFile } from "./inspect-file.ts";
import { InspectReport } from "./report.ts";
import { reportText } from "./report-text.ts";

const HELP = `Shows what a gateway holds: the journal by class, where its readers stand, connections, retained topics. No payloads.

  npm run -s gateway:inspect                      asks the gateway that runs on this machine, or reads its file if none does
  --port N          the gateway's METRICS_PORT [9883, or METRICS_PORT]
  --data-dir DIR    the gateway's DATA_DIR [data/gateway, or DATA_DIR]
  --json            the same as JSON
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: env.METRICS_PORT ?? "9883" },
      "data-dir": { type: "string", default: env.DATA_DIR ?? "data/gateway" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const report = (await askGateway(values.port)) ?? readFile(join(values["data-dir"], "journal.db"), values.port);
  stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report));
}

/** The running gateway's answer; undefined where nobody listens. */
async function askGateway(port: string): Promise<InspectReport | undefined> {
  const url = `http://127.0.0.1:${port}/inspect`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch((error: unknown) => {
    if (error instanceof Error && codeOf(error.cause) === "ECONNREFUSED") return undefined;
    throw new Error(`${url}: ${messageOf(error instanceof Error ? (error.cause ?? error) : error)}`, { cause: error });
  });
  if (answer === undefined) return undefined;
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text.trim()}`);
  return InspectReport.parse(JSON.parse(text));
}

function readFile(file: string, port: string): InspectReport {
  try {
    return inspectFile(file);
  } catch (error) {
    const hint = `nobody answers on port ${port} either: --port and --data-dir say where the gateway is`;
    throw new Error(`${messageOf(error)}; ${hint}`, { cause: error });
  }
}

await main().catch((error: unknown) => {
  stderr.write(`gateway:inspect: ${messageOf(error)}\n`);
  process.exit(1);
});
