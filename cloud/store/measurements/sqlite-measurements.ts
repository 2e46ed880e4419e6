import { Worker } from "node:worker_threads";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { type Measurements, type Point, StoreUnavailable } from "./measurements.ts";
import { sortOut } from "./point-rules.ts";
import type { Answer, Call, Outcome, PointRow, Task } from "./sqlite-calls.ts";
import { openSqliteFile } from "./sqlite-file.ts";

const CLOSED = "the measurements are closed";

type Thread = "writer" | "reader" | "samples" | "health";

/**
 * Opens the time series in one SQLite file (WAL, `synchronous=FULL`), made if it is not there.
 *
 * One thread writes, another reads, a third reads single values for everyone and a fourth does nothing but `check`, so that none of them
 * holds the event loop or another; each starts with the first call that needs it. Throws `StoreUnavailable` when the file cannot be opened.
 */
export async function openSqliteMeasurements(file: string): Promise<Measurements> {
  try {
    openSqliteFile(file).close();
  } catch (cause) {
    throw new StoreUnavailable(`SQLite cannot open ${file}: ${messageOf(cause)}`, { cause });
  }
  const threads = new Map<Thread, SqliteWorker>();
  let isClosed = false;
  let lastFailure: string | undefined;
  const callThread = async (name: Thread, task: Task): Promise<Outcome> => {
    if (isClosed) throw new StoreUnavailable(CLOSED);
    const running = threads.get(name);
    const thread = running === undefined || running.hasEnded() ? startWorker(file) : running;
    threads.set(name, thread);
    return thread.call(task);
  };

  return {
    write: async (points) => {
      const { sound, refused } = sortOut(points);
      if (sound.length === 0) return refused;
      try {
        await callThread("writer", { kind: "write", rows: sound.map(rowOf) });
        lastFailure = undefined;
      } catch (error) {
        lastFailure = messageOf(error);
        throw error;
      }
      return refused;
    },
    samples: async (query) => (await callThread("samples", { kind: "samples", query })).samples,
    points: async (query) => (await callThread("reader", { kind: "points", query })).points,
    hoursWithPoints: async (beforeMs) => (await callThread("reader", { kind: "hours", beforeMs })).hours,
    windows: async (query) => (await callThread("reader", { kind: "windows", query })).windows,
    keepWindows: async (windows) => {
      if (windows.length > 0) await callThread("writer", { kind: "keep-windows", windows });
    },
    forget: async (what, beforeMs) => (await callThread("writer", { kind: "forget", what, beforeMs })).hasMore,
    check: async () => {
      if (lastFailure !== undefined) return { ok: false, detail: lastFailure };
      return callThread("health", { kind: "open" }).then(
        () => ({ ok: true, detail: "the SQLite file answers" }),
        (error: unknown) => ({ ok: false, detail: messageOf(error) }),
      );
    },
    close: async () => {
      isClosed = true;
      await Promise.all([...threads.values()].map((thread) => thread.close()));
    },
  };
}

function rowOf({ tenant, station, sensor, at, fields }: Point): PointRow {
  return [tenant, station, sensor, at, JSON.stringify(fields)];
}

/** A worker thread that answers calls in order; `close` lets it finish those in hand. */
interface SqliteWorker extends Closer {
  call(task: Task): Promise<Outcome>;
  /** Whether it has failed or was closed; then it takes no more calls. */
  hasEnded(): boolean;
}

interface Waiting {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: StoreUnavailable) => void;
}

function startWorker(file: string): SqliteWorker {
  const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), { workerData: { file } });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: string | undefined;

  const exited = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      ended ??= CLOSED;
      for (const { reject } of waiting.values()) reject(new StoreUnavailable(ended));
      waiting.clear();
      resolve();
    });
  });
  worker.on("error", (error: Error) => {
    ended = `the thread of the measurements failed: ${error.message}`;
  });
  worker.on("message", (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("outcome" in answer) call?.resolve(answer.outcome);
    else call?.reject(new StoreUnavailable(`SQLite: ${answer.failure}`));
  });

  return {
    call: async (task) => {
      if (ended !== undefined) throw new StoreUnavailable(ended);
      lastId += 1;
      const call: Call = { id: lastId, task };
      return new Promise((resolve, reject) => {
        waiting.set(call.id, { resolve, reject });
        worker.postMessage(call);
      });
    },
    hasEnded: () => ended !== undefined,
    close: async () => {
      if (ended === undefined) {
        ended = CLOSED;
        worker.postMessage("close");
      }
      await exited;
    },
  };
}
