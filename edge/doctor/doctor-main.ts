import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { env, stderr, stdout } from "node:process";
import { parseArgs, parseEnv } from "node:util";
import { messageOf } from "#kit/errors.ts";
import { loadConfig } from "#kit/load-config.ts";
import { PLACES } from "../../firmware-config/provision/places.ts";
import { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { type Finding, hasTodo, type Language, tell } from "../health/finding.ts";
import { toLine } from "../health/findings-text.ts";
import { askAgent } from "./ask-agent.ts";
import { examine } from "./examine.ts";
import { probeBroker } from "./probe-broker.ts";

const HELP = `edge doctor: how this device is, and what to do about what is not well

  npm run -s edge:doctor -- [--settings FILE] [--lang ru|en] [--json]

  --settings FILE   the agent's settings, a line KEY=VALUE each; else the environment has them, or /etc/dvornik/edge.env
  --lang ru|en      the language; else that of LANG
  --json            for programs

It asks the running agent; where none answers it looks at folders, devices and the way to the broker itself.
Exit code: 0 all is well, 1 there is something to do, 2 it was asked in a way that it does not understand.
`;

/** Where an installed device has its settings; its unit says where the data lie. */
const { environment: SETTINGS_FILE, state: STATE_DIR } = PLACES.edge;

const SUMMARY: Readonly<Record<Language, (todo: number) => string>> = {
  ru: (todo) => (todo === 0 ? "Всё в порядке." : `Что сделать сказано в строках выше: ${todo}.`),
  en: (todo) => (todo === 0 ? "All is well." : `Something to do in ${todo} of the lines above.`),
};

function readArguments() {
  const { values } = parseArgs({
    options: {
      settings: { type: "string" },
      lang: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { lang = /^ru/i.test(env.LC_ALL ?? env.LANG ?? "") ? "ru" : "en" } = values;
  if (lang !== "ru" && lang !== "en") throw new Error(`--lang ${lang}: there is ru and en`);
  const language: Language = lang;
  return { ...values, language };
}

async function settingsIn(file: string): Promise<Readonly<Record<string, string | undefined>>> {
  const installed = file === SETTINGS_FILE ? { DATA_DIR: STATE_DIR } : {};
  return { ...env, ...installed, ...parseEnv(await readFile(file, "utf8")) };
}

/** All that can be said of the device, the agent itself first. */
async function findAll(settingsFile: string | undefined): Promise<readonly Finding[]> {
  const file = settingsFile ?? (env.TENANT === undefined && existsSync(SETTINGS_FILE) ? SETTINGS_FILE : undefined);
  const from = file ?? "environment";
  let config: EdgeConfig;
  try {
    config = loadConfig(EdgeConfig, file === undefined ? env : await settingsIn(file));
  } catch (error) {
    return [{ part: "settings", code: "settings-wrong", values: { from }, detail: messageOf(error) }];
  }
  const settings: Finding = { part: "settings", code: "settings-well", values: { from }, detail: null };
  const url = `http://127.0.0.1:${config.HTTP_PORT}`;
  const findings = await askAgent(url);
  const agent = (code: "agent-runs" | "agent-away"): Finding => ({
    part: "agent",
    code,
    values: { url },
    detail: null,
  });
  if (findings === undefined) return [agent("agent-away"), settings, ...(await examine(config, env))];
  const isAway = findings.some(({ code }) => code === "broker-away");
  const ca = config.BROKER_CA === undefined ? undefined : await readFile(config.BROKER_CA).catch(() => undefined);
  const way = isAway ? [await probeBroker({ url: config.BROKER_URL, ca, login: undefined })] : [];
  return [agent("agent-runs"), settings, ...findings, ...way];
}

async function main(): Promise<number> {
  const { help, json, language, settings } = readArguments();
  if (help) {
    stdout.write(HELP);
    return 0;
  }
  const findings = await findAll(settings);
  const todo = findings.filter(hasTodo).length;
  if (json) {
    const told = findings.map((finding) => ({ ...tell(finding, language), part: finding.part, code: finding.code }));
    stdout.write(`${JSON.stringify({ todo, findings: told }, null, 2)}\n`);
  } else {
    stdout.write(`${findings.map((finding) => toLine(finding, language)).join("\n")}\n${SUMMARY[language](todo)}\n`);
  }
  return todo === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  stderr.write(`edge doctor: ${messageOf(error)}\n`);
  return 2;
});
