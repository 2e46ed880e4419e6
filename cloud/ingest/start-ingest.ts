import { Worker } from "node:worker_threads";
import { type Backoff, backoffMs } from "#kit/backoff.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import type { Ingest, IngestEvent, IngestHealth } from "./events.ts";
import { FromWorker, type ToWorker, type WorkerSettings } from "./worker-messages.ts";

const RESTART_BACKOFF: Backoff = { baseMs: 500, maxMs: 30_000 };

/** Lines of `/healthz`: two groups, and the connection that speaks with the devices (in the thread of the sites). */
const PARTS = ["air", "sites", "devices"];
const STARTING: IngestHealth = { isConnected: false, trouble: "starting", acknowledged: 0 };

/** A thread of the ingest is not there to answer; asking again in a moment may help. */
export class IngestUnavailable extends AppError {
  readonly code = "ingest-unavailable";
  readonly retry = true;
}

/** What the ingest needs from outside its threads. */
export interface IngestParts {
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * Starts the two consumer groups, each in a thread of its own with its own connection and files: the trouble of one
 * store does not stop the other, and no sync ever holds the main thread.
 *
 * A thread that ends unasked is started again; what it had not acknowledged comes to it again.
 */
export function startIngest(settings: WorkerSettings, { random, log }: IngestParts): Ingest & Closer {
  const listeners = new Set<(event: IngestEvent) => void>();
  const health = new Map<string, IngestHealth>(PARTS.map((part) => [part, STARTING]));
  const answers = new Map<number, PromiseWithResolvers<boolean>>();
  let lastId = 0;
  const take = (message: FromWorker) => {
    switch (message.type) {
      case "event":
        for (const listener of listeners) listener(message.event);
        return;
      case "health":
        health.set(message.part, message.health);
        return;
      case "answer": {
        const answer = answers.get(message.id);
        answers.delete(message.id);
        if (message.failure === null) answer?.resolve(message.isKnown);
        else answer?.reject(new IngestUnavailable(message.failure));
        return;
      }
      default:
        return message satisfies never;
    }
  };
  const start = (file: string, parts: readonly string[], onGone: () => void) =>
    keepRunning(new URL(file, import.meta.url), settings, {
      take,
      onGone: () => {
        for (const part of parts) {
          const acknowledged = health.get(part)?.acknowledged ?? 0;
          health.set(part, { isConnected: false, trouble: "its thread has ended", acknowledged });
        }
        onGone();
      },
      random,
      log,
    });
  const air = start("./air-worker.ts", ["air"], () => {});
  const sites = start("./sites-worker.ts", ["sites", "devices"], () => {
    for (const answer of answers.values()) answer.reject(new IngestUnavailable("the thread of the sites has ended"));
    answers.clear();
  });
  return {
    health: () => Object.fromEntries(health),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    acknowledgeAlert: (alert, by) => {
      lastId += 1;
      const answer = Promise.withResolvers<boolean>();
      answers.set(lastId, answer);
      if (!sites.tell({ type: "acknowledge-alert", id: lastId, alert, by })) {
        answers.delete(lastId);
        answer.reject(new IngestUnavailable("the thread of the sites is being started again"));
      }
      return answer.promise;
    },
    close: async () => {
      await Promise.all([air.close(), sites.close()]);
    },
  };
}

/** A thread that is there again after it has ended unasked. */
interface KeptWorker extends Closer {
  /** False while there is no thread to tell. */
  tell(message: ToWorker): boolean;
}

interface WorkerListeners extends IngestParts {
  readonly take: (message: FromWorker) => void;
  readonly onGone: () => void;
}

function keepRunning(file: URL, settings: WorkerSettings, { take, onGone, random, log }: WorkerListeners): KeptWorker {
  const closing = new AbortController();
  let worker: Worker | undefined;
  const runOnce = async () => {
    const ended = Promise.withResolvers<void>();
    const thread = new Worker(file, { workerData: settings });
    worker = thread;
    thread.on("message", (message: unknown) => take(FromWorker.parse(message)));
    thread.on("error", (error) => log.error({ event: "thread.failed", err: error }, "a thread of the ingest failed"));
    thread.on("exit", () => ended.resolve());
    await ended.promise;
    worker = undefined;
  };
  const run = async () => {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      await runOnce();
      if (closing.signal.aborted) return;
      onGone();
      log.error({ event: "thread.ended", file: file.pathname }, "a thread of the ingest has ended; starting it again");
      await wait(backoffMs(attempt, RESTART_BACKOFF, random()), closing.signal);
    }
  };
  const running = run();
  const tell = (message: ToWorker) => {
    worker?.postMessage(message);
    return worker !== undefined;
  };
  return {
    tell,
    close: async () => {
      closing.abort();
      tell({ type: "close" });
      await running;
    },
  };
}
