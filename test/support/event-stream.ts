import { z } from "zod";
import type { Closer } from "../../common/kit/closer.ts";

/** One event of a stream; its data is JSON. */
export interface SentEvent {
  readonly event: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly data: any;
}

/** An open stream of Server-Sent Events. */
export interface EventStream extends Closer {
  readonly headers: Headers;
  /** The next event, however long it takes; rejects when the stream ends first. */
  next(): Promise<SentEvent>;
  /** Waits for the end of the stream. */
  ended(): Promise<boolean>;
}

/** Opens a stream and waits until the server has greeted, so that nothing told from now on is missed. */
export async function openEvents(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`${url}: ${response.status}`);
  const blocks = blocksOf(response.body);
  await blocks.next();
  return {
    headers: response.headers,
    next: async () => {
      for (;;) {
        const { value, done } = await blocks.next();
        if (done === true) throw new Error("the stream has ended");
        const event = parseBlock(value);
        if (event !== undefined) return event;
      }
    },
    ended: async () => {
      for (;;) if ((await blocks.next()).done === true) return true;
    },
    close: async () => abort.abort(),
  };
}

async function* blocksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    yield* blocks;
  }
}

const Block = z.object({ event: z.string(), id: z.string(), data: z.string() });

function parseBlock(block: string): SentEvent | undefined {
  const pairs = block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
  const parsed = Block.safeParse(Object.fromEntries(pairs));
  return parsed.success ? { ...parsed.data, data: JSON.parse(parsed.data.data) } : undefined;
}

/** Calls back for each event with the moment of its arrival (UTC ms with fractions) until it is closed. */
export async function followEvents(
  url: string,
  onEvent: (event: string, data: unknown, atMs: number) => void,
): Promise<Closer> {
  const stream = await openEvents(url);
  let isClosed = false;
  const follow = async () => {
    while (!isClosed) {
      const next = await stream.next().catch((error: unknown) => {
        if (isClosed) return undefined;
        throw error;
      });
      if (next !== undefined) onEvent(next.event, next.data, performance.timeOrigin + performance.now());
    }
  };
  const following = follow();
  return {
    close: async () => {
      isClosed = true;
      await stream.close();
      await following;
    },
  };
}
