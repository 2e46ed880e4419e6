import { backoffMs } from "#kit/backoff.ts";

/** Whether the stream of changes is open. `lost` means that it was open or tried, and is being opened again. */
export type Connection = "connecting" | "live" | "lost";

/** What the page wants to hear from a stream. */
export interface LiveListener {
  /** After each opening, also the first: what happened before is not told again, so the page fetches it. */
  onOpen(): void;
  onConnection(connection: Connection): void;
  /** By event name: the text of each event. */
  readonly onEvent: Readonly<Record<string, (text: string) => void>>;
}

const RETRY = { baseMs: 500, maxMs: 15_000 } as const;

/**
 * Keeps a stream of Server-Sent Events open until it is stopped.
 *
 * The browser itself opens a broken stream again, but gives up for good when the server answers with an error (it
 * restarts behind a proxy, a session has ended); then it is opened anew here, with back-off, or as soon as the
 * network is back.
 */
export function openLive(path: string, listener: LiveListener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;

  const connect = (): void => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(path);
    source.onopen = () => {
      attempt = 0;
      listener.onConnection("live");
      listener.onOpen();
    };
    source.onerror = () => {
      listener.onConnection("lost");
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, backoffMs(attempt, RETRY, Math.random()));
      attempt += 1;
    };
    for (const [name, tell] of Object.entries(listener.onEvent)) {
      source.addEventListener(name, (event: MessageEvent<unknown>) => {
        if (typeof event.data === "string") tell(event.data);
      });
    }
  };

  listener.onConnection("connecting");
  connect();
  window.addEventListener("online", connect);
  return () => {
    window.removeEventListener("online", connect);
    clearTimeout(timer);
    source?.close();
  };
}
