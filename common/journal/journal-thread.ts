import { Worker } from "node:worker_threads";
import { messageOf } from "#kit/errors.ts";
import { JournalInUse, JournalUnavailable } from "./journal.ts";
import type { Opened, Reply, Request, Task, WorkerStart } from "./worker-messages.ts";

interface Asked {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** One life of the thread that holds a journal's file. */
export class JournalThread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  #askedSoFar = 0;
  #whyGone: string | undefined;
  /** Resolves when it has ended and let go of the file. */
  readonly ended: Promise<void>;

  /** `onLost` is called once, when the thread ends. */
  constructor(worker: Worker, onLost: (why: string) => void) {
    const lose = (why: string) => {
      if (this.#whyGone !== undefined) return;
      this.#whyGone = `the journal's thread is gone: ${why}`;
      for (const { reject } of this.#asked.values()) reject(new JournalUnavailable(this.#whyGone));
      this.#asked.clear();
      onLost(this.#whyGone);
    };
    this.#worker = worker;
    this.ended = new Promise((resolve) => worker.once("exit", () => resolve()));
    worker.on("message", (reply: Reply) => this.#takeReply(reply));
    worker.on("error", (error) => lose(messageOf(error)));
    worker.on("exit", () => lose("it has ended"));
  }

  get isGone(): boolean {
    return this.#whyGone !== undefined;
  }

  /** Rejects with `JournalUnavailable` when the task fails or the thread ends before it has answered. */
  ask(task: Task, transferred: ArrayBuffer[] = []): Promise<Reply> {
    if (this.#whyGone !== undefined) return Promise.reject(new JournalUnavailable(this.#whyGone));
    this.#askedSoFar += 1;
    const id = this.#askedSoFar;
    const request: Request = { ...task, id };
    const answered = Promise.withResolvers<Reply>();
    this.#asked.set(id, answered);
    this.#worker.postMessage(request, transferred);
    return answered.promise;
  }

  #takeReply(reply: Reply): void {
    if (!("id" in reply)) return;
    const asked = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if (reply.kind === "failed") asked?.reject(new JournalUnavailable(reply.message));
    else asked?.resolve(reply);
  }
}

/**
 * Starts a thread on a journal's file.
 *
 * Rejects with `JournalInUse` when another process has it open and with `JournalUnavailable` when it cannot be opened.
 */
export async function startThread(
  start: WorkerStart,
  onLost: (why: string) => void,
): Promise<{ thread: JournalThread; opened: Opened }> {
  const worker = new Worker(new URL("./journal-worker.ts", import.meta.url), { workerData: start, execArgv: [] });
  const first = await new Promise<Reply>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`it ended with code ${code}`)));
  }).catch((cause: unknown) => {
    throw new JournalUnavailable(`the journal's thread failed: ${messageOf(cause)}`, { cause });
  });
  if (first.kind === "opened") return { thread: new JournalThread(worker, onLost), opened: first.opened };
  await worker.terminate();
  const message = first.kind === "not-opened" ? first.message : "the journal's thread gave no answer";
  if (first.kind === "not-opened" && first.isInUse) {
    throw new JournalInUse(`${start.file} is open in another process (${message})`);
  }
  throw new JournalUnavailable(`${start.file} cannot be opened: ${message}`);
}
