import { parentPort, workerData } from "node:worker_threads";
import { type Closer, closeAll } from "#kit/closer.ts";
import { createLogger, type Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import type { IngestEvent, IngestHealth } from "./events.ts";
import type { Patience } from "./until-stored.ts";
import { type FromWorker, ToWorker, WorkerSettings } from "./worker-messages.ts";

/** The main thread, as a worker of the ingest sees it. */
export interface MainThread {
  readonly settings: WorkerSettings;
  tell(message: FromWorker): void;
  tellEvents(events: readonly IngestEvent[]): void;
  /** Calls back for each command, to every listener. */
  onCommand(listener: (command: ToWorker) => void): void;
  /** Ends the thread. */
  leave(): void;
}

/** A store that hangs is not waited for longer: what it has not taken was not acknowledged, and comes again. */
const CLOSE_WITHIN_MS = 5_000;

/** What a group's thread is built with. */
export interface WorkerContext {
  readonly main: MainThread;
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly health: HealthLine;
  /** How to wait for a store; the cause names it in the health line. */
  patience(cause: string): Patience;
}

/**
 * Runs a group's thread: `start` builds it and gives what it started, which is closed in reverse order when the main
 * thread says so. A start that fails ends the thread with code 1.
 */
export function runWorker(group: string, start: (context: WorkerContext) => Promise<readonly Closer[]>): void {
  const main = joinMainThread();
  const { settings } = main;
  const log = createLogger(`cloud.${group}`, settings.logLevel);
  const health = openHealthLine(group, main);
  const closing = new AbortController();
  const patience = (cause: string): Patience => ({
    signal: closing.signal,
    random: Math.random,
    log,
    onTrouble: (trouble) => health.trouble(cause, trouble),
  });
  const leave = (error: unknown) => {
    log.error({ event: "group.failed", err: error }, `the group ${group} has failed`);
    process.exit(1);
  };
  const started = start({ main, settings, log, health, patience });
  started.catch(leave);
  main.onCommand((command) => {
    if (command.type !== "close") return;
    closing.abort();
    Promise.race([started.then(closeAll), wait(CLOSE_WITHIN_MS)])
      .then(() => {
        health.close();
        main.leave();
      })
      .catch(leave);
  });
}

function joinMainThread(): MainThread {
  const port = parentPort;
  if (port === null) throw new TypeError("this file runs as a worker thread only");
  const tell = (message: FromWorker) => port.postMessage(message);
  return {
    settings: WorkerSettings.parse(workerData),
    tell,
    tellEvents: (events) => {
      for (const event of events) tell({ type: "event", event });
    },
    onCommand: (listener) => {
      port.on("message", (message: unknown) => listener(ToWorker.parse(message)));
    },
    leave: () => process.exit(0),
  };
}

/** One line of `/healthz`, told when it changes and at most four times a second while messages pass. */
export interface HealthLine {
  connected(isConnected: boolean, trouble?: string): void;
  /** What is waited for by one cause, or null; several causes may stand side by side. */
  trouble(cause: string, trouble: string | null): void;
  acknowledged(messages: number): void;
  readonly close: () => void;
}

const TELL_EVERY_MS = 250;

/** Opens a line of `/healthz` for a part of the ingest. */
export function openHealthLine(part: string, main: Pick<MainThread, "tell">): HealthLine {
  const troubles = new Map<string, string>();
  let isConnected = false;
  let acknowledged = 0;
  let timer: NodeJS.Timeout | undefined;
  const tell = () => {
    timer = undefined;
    const trouble = troubles.size === 0 ? null : [...troubles.values()].join("; ");
    const health: IngestHealth = { isConnected, trouble, acknowledged };
    main.tell({ type: "health", part, health });
  };
  const soon = () => {
    timer ??= setTimeout(tell, TELL_EVERY_MS);
  };
  const put = (cause: string, trouble: string | null) => {
    if (trouble === null) troubles.delete(cause);
    else troubles.set(cause, trouble);
  };
  tell();
  return {
    connected: (isUp, trouble) => {
      isConnected = isUp;
      put("gateway", isUp ? null : (trouble ?? "not connected to the gateway"));
      tell();
    },
    trouble: (cause, trouble) => {
      put(cause, trouble);
      tell();
    },
    acknowledged: (messages) => {
      acknowledged += messages;
      soon();
    },
    close: () => clearTimeout(timer),
  };
}
