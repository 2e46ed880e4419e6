import { Worker } from "node:worker_threads";
import { type Backoff, backoffMs } from "#kit/backoff.ts";
import type { Closer } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import { Put } from "../air/bulletins/bulletin-book.ts";
import type { Ingest, IngestEvent, IngestHealth } from "./events.ts";
import { createQuestions } from "./questions.ts";
import { FromWorker, type ToWorker, type WorkerSettings } from "./worker-messages.ts";

const RESTART_BACKOFF: Backoff = { baseMs: 500, maxMs: 30_000 };
/** A thread that ran this long was well: when it ends after all, the first wait is short again. */
const HEALTHY_AFTER_MS = 60_000;
/** A person at the desk does not wait longer for a disk; the request itself would be cut off at 30 s. */
const ANSWER_WITHIN_MS = 10_000;

/** Lines of `/healthz`: two groups, the connection that speaks with the devices (in the thread of the sites), the averages. */
const PARTS = ["air", "sites", "devices", "windows"];
const STARTING: IngestHealth = { isConnected: false, trouble: "starting", acknowledged: 0 };

/** What the ingest needs from outside its threads. */
export interface IngestParts {
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * Starts the two consumer groups and what computes the averages, each in a thread of its own with its own connection and files: the trouble of one
 * store does not stop the other, and no sync ever holds the main thread.
 *
 * A thread that ends unasked is started again; what it had not acknowledged comes to it again.
 */
export function startIngest(settings: WorkerSettings, { random, log }: IngestParts): Ingest & Closer {
  const listeners = new Set<(event: IngestEvent) => void>();
  const health = new Map<string, IngestHealth>(PARTS.map((part) => [part, STARTING]));
  const questions = createQuestions(ANSWER_WITHIN_MS);
  const take = (message: FromWorker) => {
    switch (message.type) {
      case "event":
        for (const listener of listeners) listener(message.event);
        return;
      case "health":
        health.set(message.part, message.health);
        return;
      case "answer":
        return questions.settle(message.id, message.result, message.failure);
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
  const sites = start("./sites-worker.ts", ["sites", "devices"], () =>
    questions.abandon("the thread of the sites has ended"),
  );
  const windows = start("../air/windows/windows-worker.ts", ["windows"], () => {});
  return {
    health: () => Object.fromEntries(health),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    acknowledgeAlert: async (alert, by) =>
      (await questions.ask((id) => sites.tell({ type: "acknowledge-alert", id, alert, by }))) === "known",
    putBulletin: async (bulletin) =>
      Put.parse(await questions.ask((id) => sites.tell({ type: "put-bulletin", id, bulletin }))),
    close: async () => {
      await Promise.all([air.close(), sites.close(), windows.close()]);
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
  let attempt = 0;
  const runOnce = async () => {
    const ended = Promise.withResolvers<void>();
    const thread = new Worker(file, { workerData: settings });
    worker = thread;
    thread.on("message", (message: unknown) => take(FromWorker.parse(message)));
    thread.on("error", (error) => log.error({ event: "thread.failed", err: error }, "a thread of the ingest failed"));
    thread.on("exit", () => ended.resolve());
    const healthy = setTimeout(() => {
      attempt = 0;
    }, HEALTHY_AFTER_MS);
    await ended.promise;
    clearTimeout(healthy);
    worker = undefined;
  };
  const run = async () => {
    for (; !closing.signal.aborted; attempt += 1) {
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
