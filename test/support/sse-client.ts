import type { Closer } from "#kit/closer.ts";

/** One Server-Sent Event with its data parsed. */
export interface SentEvent {
  readonly event: string;
  readonly data: unknown;
  /** When it came, on the clock of `performance.timeOrigin + performance.now()`: UTC ms with fractions. */
  readonly atMs: number;
}

/** Listens to an event stream; fails when the answer is not 200. */
export async function listenToEvents(
  url: string,
  onEvent: (event: SentEvent) => void,
  headers: Readonly<Record<string, string>> = {},
): Promise<Closer> {
  const stopping = new AbortController();
  const answer = await fetch(url, { headers, signal: stopping.signal });
  if (!answer.ok || answer.body === null) throw new Error(`${url} answered ${answer.status}`);
  const reading = read(answer.body, onEvent).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    close: async () => {
      stopping.abort();
      await reading;
    },
  };
}

async function read(body: ReadableStream<Uint8Array>, onEvent: (event: SentEvent) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end < 0) break;
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
      const data = field("data").join("\n");
      if (data === "") continue;
      onEvent({
        event: field("event")[0] ?? "message",
        data: JSON.parse(data),
        atMs: performance.timeOrigin + performance.now(),
      });
    }
  }
}
