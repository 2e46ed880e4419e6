import { AppError } from "#kit/errors.ts";

/** A thread of the ingest is not there to answer; asking again in a moment may help. */
export class IngestUnavailable extends AppError {
  readonly code = "ingest-unavailable";
  readonly retry = true;
}

/** Questions to a thread that have no answer yet. */
export interface Questions {
  /** Asks under a new number. Rejects with `IngestUnavailable` when nobody is there, goes away, or is silent too long. */
  ask(send: (id: number) => boolean): Promise<string>;
  /** Settles a question; `failure` says why there is no answer. One that nobody waits for any more is passed over. */
  settle(id: number, result: string, failure: string | null): void;
  /** Whoever was asked is gone. */
  abandon(reason: string): void;
}

/** Keeps the open questions; each waits `withinMs` at most. */
export function createQuestions(withinMs: number): Questions {
  const open = new Map<number, PromiseWithResolvers<string>>();
  let lastId = 0;
  return {
    ask: (send) => {
      lastId += 1;
      const id = lastId;
      const question = Promise.withResolvers<string>();
      open.set(id, question);
      const fail = (reason: string) => question.reject(new IngestUnavailable(reason));
      const timer = setTimeout(() => fail(`no answer within ${withinMs / 1000} s`), withinMs);
      if (!send(id)) fail("the thread of the sites is being started again");
      return question.promise.finally(() => {
        clearTimeout(timer);
        open.delete(id);
      });
    },
    settle: (id, result, failure) => {
      if (failure === null) open.get(id)?.resolve(result);
      else open.get(id)?.reject(new IngestUnavailable(failure));
    },
    abandon: (reason) => {
      for (const question of open.values()) question.reject(new IngestUnavailable(reason));
    },
  };
}
