import { join } from "node:path";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { LOW_MEMORY } from "../../firmware-config/bundle/low-memory.ts";
import { freePort } from "./free-port.ts";
import { defineProgram, type Machine, type Program } from "./program.ts";

/** What a device says of itself at `/status`, as far as tests look. */
const Status = z.looseObject({
  outbox: z.looseObject({
    log: z.string(),
    total: z.number(),
    byClass: z.record(z.string(), z.number()),
    trouble: z.string().nullable(),
  }),
  uplink: z.looseObject({
    connected: z.boolean(),
    connections: z.number(),
    stored: z.looseObject({ upTo: z.number() }).nullable(),
  }),
  twin: z.looseObject({
    rev: z.number().nullable(),
    settings: z.record(z.string(), z.string()),
    refused: z.array(z.object({ setting: z.string(), reason: z.string() })),
    onTrial: z.boolean(),
  }),
  errors: z.record(z.string(), z.number()),
  card: z.looseObject({ today: z.looseObject({ ownBytes: z.number() }), isOver: z.boolean(), packFactor: z.number() }),
  noProgress: z.string().nullable(),
  power: z.looseObject({ duty: z.looseObject({ stretch: z.number(), burstMs: z.number(), reason: z.string() }) }),
});
export type EdgeStatus = z.infer<typeof Status>;

/** An answer of the device's loopback server. */
export interface EdgeAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The real program of a device as a child process. */
export interface TestEdge extends Program {
  readonly url: string;
  readonly dataDir: string;
  status(): Promise<EdgeStatus>;
  /** Takes a shot; rejects when the device is away or dies meanwhile. */
  shoot(site: string, role: "before" | "after"): Promise<EdgeAnswer>;
}

/** What differs from a device that only has an outbox. */
export interface TestEdgeOptions {
  /** Holds `data/` and the log; it outlives kills. */
  readonly folder: string;
  readonly brokerUrl: string;
  readonly tenant?: string;
  readonly device?: string;
  readonly token?: string;
  /** Further settings, see `npm run edge -- --help`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What it runs on, if not on this Node from this checkout. */
  readonly machine?: Machine;
  /** Called when it leaves without having been asked to. */
  readonly onExit?: (why: string) => void;
}

/** Starts a device and closes it when the test has finished. */
export async function startTestEdge(options: TestEdgeOptions): Promise<TestEdge> {
  const { folder, brokerUrl, tenant = "demo", device = "device-1", token = "0123456789abcdef" } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const dataDir = join(folder, "data");
  const program = defineProgram({
    part: "edge",
    logFile: join(folder, "edge.log"),
    readyUrl: `${url}/status`,
    settings: {
      // As a bundle starts it: all that is tested with a real device is tested within its heap.
      ...LOW_MEMORY,
      TENANT: tenant,
      DEVICE: device,
      TOKEN: token,
      BROKER_URL: brokerUrl,
      DATA_DIR: dataDir,
      HTTP_PORT: String(port),
      IIO_DIR: join(folder, "no-iio"),
      SYS_DIR: join(folder, "no-sys"),
      CLOCK: "ntp",
      ...options.settings,
    },
    ...(options.onExit !== undefined && { onExit: options.onExit }),
    ...(options.machine !== undefined && { machine: options.machine }),
  });
  onTestFinished(() => program.close());
  await program.start();
  return {
    ...program,
    url,
    dataDir,
    status: async () => Status.parse(await (await fetch(`${url}/status`)).json()),
    shoot: async (site, role) => {
      const answer = await fetch(`${url}/shots`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ site, role }),
      });
      return { status: answer.status, body: z.record(z.string(), z.unknown()).parse(await answer.json()) };
    },
  };
}
