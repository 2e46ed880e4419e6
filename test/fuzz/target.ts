import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { addressOf } from "#contract/names.ts";
import { CONSUMER_GROUPS, filters, topics } from "#contract/topics.ts";
import type { Closer } from "#kit/closer.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import type { GatewayHealth } from "../../gateway/health.ts";
import { freePort } from "../support/free-port.ts";
import { defineProgram } from "../support/program.ts";
import type { RawLogin } from "../support/raw-mqtt.ts";
import type { Words } from "./inputs.ts";

/** How the gateway lets clients in. */
export type Mode = "closed" | "open";

/** The gateway under fuzz, as its own process. */
export interface Target extends Closer {
  readonly port: number;
  /** Who the fuzzed connections may be. */
  readonly logins: readonly RawLogin[];
  /** What each of them may speak of. */
  readonly words: readonly Words[];
  /** Who shall be served throughout, and where it publishes. */
  readonly bystander: { readonly login: RawLogin; readonly topic: string };
  residentBytes(): Promise<number>;
  /** Has it throw away what nobody needs, so that memory shows what is held. */
  collectGarbage(): Promise<void>;
  /** What it has done since its start. */
  counts(): Promise<Pick<GatewayHealth, "acknowledged" | "delivered" | "consumed" | "refused">>;
  /** What is wrong with it: it has left, it has logged an error, or it was surprised; undefined when nothing is. */
  complaint(): Promise<string | undefined>;
  /** Ends it and starts it anew, with an empty log. */
  restart(): Promise<void>;
}

const InspectorTargets = z.tuple([z.object({ webSocketDebuggerUrl: z.string() })]).rest(z.unknown());
const OPEN_WORDS = {
  names: ["a", "a/b", "a/b/c", "b", "$SYS/a"],
  filters: ["a", "a/b", "a/+", "a/#", "+/b", "#", "test/nosubscribe"],
} as const;
const DEVICES = ["demo:fuzz-a", "demo:fuzz-b"] as const;
const CONSUMER = "dv:fuzz";
const BYSTANDER = "demo:bystander";

/** Starts a gateway with its default settings (but for its ports and folder), or in its open mode. */
export async function startTarget(mode: Mode, folder: string): Promise<Target> {
  const { logins, words, bystander, settings } = mode === "open" ? openNames() : await closedNames(folder);
  const port = await freePort();
  const metricsPort = await freePort();
  const inspectorPort = await freePort();
  let starts = 0;
  const logFile = () => join(folder, `gateway-${mode}-${starts}.log`);
  const launch = async () => {
    starts += 1;
    let left: string | undefined;
    const program = defineProgram({
      part: "gateway",
      settings: {
        ...settings,
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        DATA_DIR: join(folder, `gateway-${mode}`),
        LOG_LEVEL: "error",
        NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}`,
      },
      logFile: logFile(),
      readyUrl: `http://127.0.0.1:${metricsPort}/healthz`,
      onExit: (why) => {
        left = why;
      },
    });
    await program.start();
    return { program, whyLeft: () => left };
  };
  let running = await launch();
  return {
    port,
    logins,
    words,
    bystander,
    residentBytes: () => running.program.residentBytes(),
    collectGarbage: () => collectGarbage(inspectorPort),
    counts: async () => {
      const { acknowledged, delivered, consumed, refused } = await healthOf(metricsPort);
      return { acknowledged, delivered, consumed, refused };
    },
    complaint: async () => {
      const why = running.whyLeft();
      const logged = saidByGateway(await readFile(logFile(), "utf8").catch(() => ""));
      if (why !== undefined || logged !== "") return [why, logged.slice(0, 2000)].join("\n").trim();
      const health = await healthOf(metricsPort);
      if (health.status !== "ok") return `unhealthy: ${JSON.stringify(health.journal)}`;
      const surprises = health.refused["internal-error"] ?? 0;
      return surprises > 0 ? `${surprises} internal errors` : undefined;
    },
    restart: async () => {
      await running.program.kill();
      running = await launch();
    },
    close: () => running.program.kill(),
  };
}

/** A log without the lines of Node's own debugger. */
const saidByGateway = (text: string): string =>
  text
    .split("\n")
    .filter((line) => line !== "" && !/^(Debugger (listening|attached|ending)|For help, see:)/.test(line))
    .join("\n");

async function healthOf(metricsPort: number): Promise<GatewayHealth> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/healthz`, { signal: AbortSignal.timeout(5000) });
  const health: GatewayHealth = await answer.json();
  return health;
}

async function collectGarbage(inspectorPort: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`, { signal: AbortSignal.timeout(5000) });
  const [first] = InspectorTargets.parse(await answer.json());
  const socket = new WebSocket(first.webSocketDebuggerUrl);
  await once(socket, "open");
  const done = once(socket, "message");
  socket.send(JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" }));
  await done;
  socket.close();
}

function openNames() {
  const login = (clientId: string): RawLogin => ({ clientId, token: "none" });
  return {
    logins: ["fuzz-a", "fuzz-b", "fuzz-c"].map(login),
    words: Array.from({ length: 3 }, () => OPEN_WORDS),
    bystander: { login: login("bystander"), topic: "bystander/topic" },
    settings: { OPEN: "true" },
  };
}

async function closedNames(folder: string) {
  const credentialsFile = join(folder, "credentials.json");
  const loginOf = async (clientId: string): Promise<RawLogin> => {
    const token = await addClient(credentialsFile, {
      ...addressFor(clientId),
      role: clientId === CONSUMER ? "consumer" : "device",
    });
    return { clientId, token };
  };
  const logins: RawLogin[] = [];
  for (const clientId of [...DEVICES, CONSUMER]) logins.push(await loginOf(clientId));
  const own = DEVICES.map(addressFor);
  const words = [
    ...own.map((address) => ({
      names: [
        topics.data(address, "reading"),
        topics.data(address, "photo"),
        topics.live(address, "x"),
        topics.state(address),
        topics.reported(address),
      ],
      filters: [topics.desired(address), topics.stored(address)],
    })),
    {
      names: own.flatMap((address) => [topics.stored(address), topics.desired(address)]),
      filters: [
        // The only one of its group: whoever has it is a member and is served.
        ...CONSUMER_GROUPS.air.map((stream) => filters.shared("air", filters.data(stream))),
        ...CONSUMER_GROUPS.air.map((stream) => filters.shared("air", filters.data(stream))),
        filters.state(),
        filters.shared("sites", filters.data("photo")),
      ],
    },
  ];
  const bystander = {
    login: await loginOf(BYSTANDER),
    topic: topics.data(addressFor(BYSTANDER), "reading"),
  };
  return { logins, words, bystander, settings: { CREDENTIALS_FILE: credentialsFile } };
}

function addressFor(clientId: string) {
  const address = addressOf(clientId);
  if (address === undefined) throw new TypeError(`not a client id: ${clientId}`);
  return address;
}
