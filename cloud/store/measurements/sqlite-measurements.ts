import { Worker } from "node:worker_threads";
import type { Closer } from "#kit/closer.ts";
import { type Measurements, type Point, StoreUnavailable } from "./measurements.ts";
import { sortOut } from "./point-rules.ts";
import type { Answer, Call, PointRow, Task, TimedValues } from "./sqlite-calls.ts";

/**
 * Opens the time series in one SQLite file (WAL, `synchronous=FULL`), made if it is not there.
 *
 * One thread writes and another reads, so that neither a slow sync nor a long chart holds the event loop or each other.
 * Rejects with `StoreUnavailable` when the file cannot be opened.
 */
export async function openSqliteMeasurements(file: string): Promise<Measurements> {
  const writer = startWorker(file);
  const reader = startWorker(file);
  let lastFailure: string | undefined;
  try {
    await writer.call({ kind: "open" });
  } catch (error) {
    await Promise.all([writer.close(), reader.close()]);
    throw error;
  }
  return {
    write: async (points) => {
      const { sound, refused } = sortOut(points);
      if (sound.length > 0) {
        await writer.call({ kind: "write", rows: sound.map(rowOf) }).then(
          () => {
            lastFailure = undefined;
          },
          (error: unknown) => {
            lastFailure = error instanceof Error ? error.message : String(error);
            throw error;
          },
        );
      }
      return refused;
    },
    series: (query) => reader.call({ kind: "series", query }),
    check: async () => {
      if (lastFailure !== undefined) return { ok: false, detail: lastFailure };
      return reader.call({ kind: "open" }).then(
        () => ({ ok: true, detail: "SQLite file" }),
        (error: unknown) => ({ ok: false, detail: String(error) }),
      );
    },
    close: async () => {
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}

function rowOf({ tenant, station, sensor, at, fields }: Point): PointRow {
  return [tenant, station, sensor, at, JSON.stringify(fields)];
}

/** A worker thread that answers calls in order; `close` lets it finish those in hand. */
interface SqliteWorker extends Closer {
  call(task: Task): Promise<TimedValues>;
}

interface Waiting {
  readonly resolve: (points: TimedValues) => void;
  readonly reject: (error: StoreUnavailable) => void;
}

function startWorker(file: string): SqliteWorker {
  const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), { workerData: { file } });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: string | undefined;

  const exited = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      ended ??= "the measurements are closed";
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
    if ("points" in answer) call?.resolve(answer.points);
    else call?.reject(new StoreUnavailable(`SQLite did not take the points: ${answer.failure}`));
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
    close: async () => {
      if (ended === undefined) {
        ended = "the measurements are closed";
        worker.postMessage("close");
      }
      await exited;
    },
  };
}
