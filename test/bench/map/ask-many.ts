import { Agent, get, type IncomingMessage } from "node:http";
import { wait } from "#kit/wait.ts";
import { percentile } from "../percentile.ts";

/** What many asked, and what they got. */
export interface Asked {
  readonly p50: number;
  readonly p99: number;
  readonly n: number;
  /** Bytes of the last body as it came over the wire. */
  readonly bytes: number;
  readonly unchanged: number;
  /** Different tags among the answers. */
  readonly lists: number;
}

export interface AskOptions {
  /** The address of the i-th question. */
  readonly url: (i: number) => string;
  readonly isPacked?: boolean;
  /** Whether each asker names the tag that it has. */
  readonly isKeeping?: boolean;
  readonly askers: number;
  /** Each asker asks until then, or so often. */
  readonly forMs?: number;
  readonly times?: number;
  /** Each asker's rest between two questions. */
  readonly pauseMs?: number;
}

/** Asks with some askers at a time, each over a connection of its own; rejects when an answer is neither 200 nor 304. */
export async function askMany(options: AskOptions): Promise<Asked> {
  const { url, isPacked = true, isKeeping = false, askers, pauseMs = 0 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: askers });
  const took: number[] = [];
  const tags = new Set<string>();
  let [bytes, unchanged, asked] = [0, 0, 0];
  const endMs = performance.now() + (options.forMs ?? Number.POSITIVE_INFINITY);
  const times = options.times ?? Number.POSITIVE_INFINITY;
  const ask = async (asker: number) => {
    let tag: string | undefined;
    // Askers come evenly spread.
    await wait((pauseMs * asker) / askers);
    while (asked < times && performance.now() < endMs) {
      asked += 1;
      const startMs = performance.now();
      const headers = {
        ...(isPacked ? { "accept-encoding": "gzip" } : {}),
        ...(isKeeping && tag !== undefined ? { "if-none-match": tag } : {}),
      };
      const answer = await fetchOver(agent, url(asked), headers);
      took.push(performance.now() - startMs);
      if (answer.status === 304) unchanged += 1;
      else if (answer.status === 200) bytes = answer.bytes;
      else throw new Error(`${url(asked)}: ${answer.status}`);
      tag = answer.etag;
      if (tag !== undefined) tags.add(tag);
      await wait(pauseMs);
    }
  };
  try {
    await Promise.all(Array.from({ length: askers }, (_, asker) => ask(asker)));
  } finally {
    agent.destroy();
  }
  const [p50, p99] = [percentile(took, 50), percentile(took, 99)];
  return { p50, p99, n: took.length, bytes, unchanged, lists: tags.size };
}

interface Answered {
  readonly status: number;
  readonly bytes: number;
  readonly etag: string | undefined;
}

/** One question; its answer is read to the end and thrown away, packed as it is. */
function fetchOver(agent: Agent, url: string, headers: Record<string, string>): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const read = (response: IncomingMessage) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, bytes, etag: response.headers.etag }));
    };
    get(url, { agent, headers }, read).on("error", reject);
  });
}
