import { flushCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "#kit/errors.ts";
import type { CreateGapWriter } from "./budget.ts";
import { JournalDatabase } from "./journal-database.ts";
import type { Reply, Request, WorkerStart } from "./worker-messages.ts";

/** The thread in which a journal's SQLite lives: one task after the other, each answered once. */
const SQLITE_BUSY = 5;

const start: WorkerStart = workerData;

function reply(message: Reply, transferred: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transferred);
}

async function perform(database: JournalDatabase, request: Request): Promise<void> {
  const { id } = request;
  switch (request.kind) {
    case "commit":
      try {
        reply({ kind: "committed", id, committed: database.commit(request) });
      } finally {
        // It is on disk, or refused: its bytes need not wait for this thread's collector, which seldom comes.
        for (const packed of [request.packed, request.kept]) packed.transfer(0);
      }
      break;
    case "make-room":
      reply({ kind: "room-made", id, made: database.makeRoom(request, await loadGapWriter()) });
      break;
    case "read": {
      const packed = database.read(request);
      reply({ kind: "records", id, packed }, [packed]);
      break;
    }
    case "read-kept": {
      const packed = database.readKept(request);
      reply({ kind: "kept", id, packed }, [packed]);
      break;
    }
    case "close":
      database.close();
      reply({ kind: "closed", id });
      parentPort?.close();
      break;
    default:
      request satisfies never;
  }
}

/** Loaded when it is needed first: it brings the contract, and most journals never come to their budget. */
async function loadGapWriter(): Promise<CreateGapWriter> {
  if (start.budget === null) throw new Error("this journal has no budget");
  const loaded: { createGapWriter?: CreateGapWriter } = await import(start.budget.gapWriter);
  if (loaded.createGapWriter === undefined) throw new Error(`${start.budget.gapWriter} exports no createGapWriter`);
  return loaded.createGapWriter;
}

try {
  const database = new JournalDatabase(start);
  reply({ kind: "opened", opened: database.open() });
  parentPort?.on("message", (request: Request) => {
    perform(database, request).catch((error: unknown) => {
      reply({ kind: "failed", id: request.id, message: messageOf(error) });
    });
  });
  // As the main thread does: this thread may be killed before it comes to a clean end.
  flushCompileCache();
} catch (error) {
  const isInUse = error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
  reply({ kind: "not-opened", message: messageOf(error), isInUse });
}
