import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { freePort } from "../../support/free-port.ts";
import { until } from "../../support/until.ts";

/** A real InfluxDB 2 with an organisation and a bucket of its own, in a folder that `stop` removes. */
export interface Influx {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
  /** The process that runs now. */
  pid(): number;
  /** SIGTERM (or what is given) and wait until it is gone; port and data stay. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port with the same data. */
  resume(): Promise<void>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
}

/** The first build takes minutes; later calls return at once. */
const BUILD_TIMEOUT_MS = 20 * 60_000;
const START_TIMEOUT_MS = 90_000;
/** What build-influxd.sh answers where it cannot build. */
const CANNOT_BUILD = 3;

const run = promisify(execFile);

/** Where influxd is, or why this machine has none. */
export type Influxd = { readonly program: string } | { readonly missing: string };

/**
 * Finds or builds influxd. In CI a machine that cannot build it is an error: there these tests never skip.
 */
export async function findInfluxd(): Promise<Influxd> {
  const script = join(import.meta.dirname, "build-influxd.sh");
  try {
    const { stdout } = await run("sh", [script], { timeout: BUILD_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
    return { program: stdout.trim() };
  } catch (error) {
    const failure = z.object({ code: z.unknown(), stderr: z.string() }).safeParse(error);
    const isMissing = failure.success && failure.data.code === CANNOT_BUILD;
    if (isMissing && process.env.CI !== "true") return { missing: failure.data.stderr.trim() };
    throw new Error("influxd could not be built", { cause: error });
  }
}

const Setup = z.object({ auth: z.object({ token: z.string() }) });

/** Starts an InfluxDB on a free port of loopback and sets it up; it is ready when this resolves. */
export async function startInflux(program: string): Promise<Influx> {
  const folder = await mkdtemp(join(tmpdir(), "dvornik-influx-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child = await launch(program, folder, port);
  const names = { org: "dvornik", bucket: "air" };
  const password = randomBytes(16).toString("hex");
  const answer = await fetch(`${url}/api/v2/setup`, {
    method: "POST",
    body: JSON.stringify({ ...names, username: "tester", password }),
  });
  const { auth } = Setup.parse(await answer.json());

  const halt = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  return {
    url,
    token: auth.token,
    ...names,
    pid: () => child.pid ?? 0,
    halt,
    resume: async () => {
      child = await launch(program, folder, port);
    },
    stop: async () => {
      await halt("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(program: string, folder: string, port: number): Promise<ChildProcess> {
  const child = spawn(
    program,
    [
      `--http-bind-address=127.0.0.1:${port}`,
      "--reporting-disabled",
      `--bolt-path=${join(folder, "influxd.bolt")}`,
      `--engine-path=${join(folder, "engine")}`,
      `--sqlite-path=${join(folder, "influxd.sqlite")}`,
      "--log-level=error",
    ],
    { stdio: "ignore", env: { ...process.env, HOME: folder, INFLUXD_CONFIG_PATH: folder } },
  );
  await until(
    "influxd answers",
    async () => {
      if (child.exitCode !== null) throw new Error(`influxd ended with ${child.exitCode}`);
      return (await fetch(`http://127.0.0.1:${port}/health`)).ok;
    },
    START_TIMEOUT_MS,
  ).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return child;
}
