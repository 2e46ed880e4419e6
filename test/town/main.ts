import { join, resolve } from "node:path";
import { stderr, stdout } from "node:process";
import { messageOf } from "#kit/errors.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { freePort } from "../support/free-port.ts";
import { ROOT } from "../support/program.ts";
import { chooseGatewayPort } from "./gateway-port.ts";
import { readOptions, TOWN_HELP } from "./options.ts";
import { startTown, type Town } from "./town.ts";
import { buildWeb } from "./web-build.ts";

const environment = process.env;
const say = (line: string) => stdout.write(`${line}\n`);
const report = (error: unknown) => stderr.write(`town: ${messageOf(error)}\n`);
const INFLUX_KEYS = ["INFLUX_URL", "INFLUX_TOKEN", "INFLUX_ORG", "INFLUX_BUCKET"] as const;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    stdout.write(TOWN_HELP);
    return;
  }
  const data = resolve(environment.DATA_DIR || join(ROOT, "data"));
  const port = Number(environment.PORT || 8080);
  await freePort(port).catch(() => {
    throw new Error(`port ${port} of 127.0.0.1 is taken; choose another one: PORT=8090 npm start`);
  });
  if (await buildWeb(ROOT)) say("built the web pages");
  const starting = startTown(options, {
    data,
    port,
    gatewayPort: await chooseGatewayPort(environment.GATEWAY_PORT),
    store: Object.fromEntries(INFLUX_KEYS.flatMap((key) => (environment[key] ? [[key, environment[key]]] : []))),
    onTrouble: report,
    onExit: (why) => {
      report(why);
      process.kill(process.pid, "SIGTERM");
    },
  });
  closeOnSignal([{ close: async () => (await starting).close() }], report);
  announce(await starting, port, data);
}

function announce(town: Town, port: number, data: string): void {
  say(`The map of the town:    http://127.0.0.1:${port}`);
  say(`The desk:               http://127.0.0.1:${port}/desk`);
  say(`Administrator's token:  ${town.adminToken}`);
  say(`Data and logs:          ${data}`);
  say("Ctrl-C stops the town; nothing is lost, and the next start goes on from there.");
}

await main().catch((error: unknown) => {
  report(error);
  process.exit(1);
});
