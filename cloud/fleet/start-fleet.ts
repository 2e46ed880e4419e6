import { Worker } from "node:worker_threads";
import { z } from "zod";
import { FleetNonce, Issued } from "#contract/enrolment.ts";
import { backoffMs } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError, messageOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";
import { createLogger, type Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import { CertificateView, Claim, type Fleet, FleetCounts, Revocation, RevocationList } from "./fleet.ts";
import { type FleetSettings, type FleetTask, FromFleet, type ToFleet } from "./fleet-calls.ts";
import { holdList } from "./held-list.ts";
import { FleetRefused } from "./refused.ts";
import { FleetDevice, TwinPut, type Twins, TwinView } from "./twins/twins.ts";
import { Removal, RolloutAnswer, RolloutDetail, type Rollouts, RolloutView } from "./waves/rollouts.ts";

/** The authority does not answer now; what was asked may or may not have been done, and may be asked again. */
export class FleetUnavailable extends AppError {
  readonly code = "fleet-unavailable";
  readonly retry = true;
}

/** A disk may take seconds for a sync; the request itself would be cut off at 30 s. */
const ANSWER_WITHIN_MS = 20_000;

/** The fleet as the rest of the cloud sees it. */
export interface FleetThread extends Fleet, Closer {
  readonly twins: Twins;
  readonly rollouts: Rollouts;
}

/** How long a thread that has ended unasked is left alone, unless somebody asks: rollouts are watched there. */
const AGAIN = { baseMs: 1_000, maxMs: 60_000 } as const;
/** A thread that ran for so long was well: the next end of it is a first one. */
const STEADY_MS = 10 * 60_000;

/**
 * Starts the fleet in a thread of its own; one that has ended unasked is logged and started again, at once by a question,
 * else by itself. Rejects with `BadConfig` when it cannot be opened.
 */
export async function startFleet(
  settings: FleetSettings,
  clock: Clock,
  log: Logger = createLogger("cloud.fleet", settings.logLevel),
): Promise<FleetThread> {
  let thread = openThread(settings);
  await thread;
  const closing = new AbortController();
  // Who comes first starts it again; the others find it started: the file has one writer.
  const startAgain = (seen: Promise<Thread>) => {
    if (closing.signal.aborted || thread !== seen) return;
    thread = openThread(settings);
    list.forget();
    thread.then(
      () => log.info({ event: "fleet.started" }, "the thread of the fleet has started again"),
      // Who watches over it says why it could not.
      () => {},
    );
  };
  const ask = async (task: FleetTask) => {
    const seen = thread;
    if (await seen.then(hasEnded, () => true)) startAgain(seen);
    return await (await thread).ask(task);
  };
  const keepAlive = async () => {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      const seen = thread;
      const sinceMs = clock.monotonicMs();
      const reason = await seen.then((open) => open.ended, messageOf);
      if (closing.signal.aborted) return;
      log.error({ event: "fleet.ended", reason }, "the thread of the fleet has ended: it is started again");
      if (clock.monotonicMs() - sinceMs > STEADY_MS) attempt = 0;
      await wait(backoffMs(attempt, AGAIN, Math.random()), closing.signal);
      startAgain(seen);
    }
  };
  void keepAlive();
  const list = holdList(async () => RevocationList.parse(await ask({ kind: "revocation-list" })), clock);
  return {
    claim: async (order) => Claim.parse(await ask({ kind: "claim", order })),
    enrol: async (request) => Issued.parse(await ask({ kind: "enrol", request })),
    nonce: async () => FleetNonce.parse(await ask({ kind: "nonce" })),
    renew: async (request) => Issued.parse(await ask({ kind: "renew", request })),
    revoke: async (order) => {
      const answer = ask({ kind: "revoke", order });
      // Without an answer it may have been done all the same.
      return Revocation.optional().parse(await answer.finally(() => list.forget()));
    },
    certificates: async (query) => z.array(CertificateView).parse(await ask({ kind: "certificates", query })),
    revocationList: () => list.current(),
    authority: async () => z.string().parse(await ask({ kind: "authority" })),
    counts: async () => FleetCounts.parse(await ask({ kind: "counts" })),
    twins: {
      twin: async (address) => TwinView.parse(await ask({ kind: "twin", address })),
      putTwin: async (order) => TwinPut.parse(await ask({ kind: "put-twin", order })),
      devices: async (query) => z.array(FleetDevice).parse(await ask({ kind: "devices", query })),
    },
    rollouts: {
      addRollout: async (order) => RolloutAnswer.parse(await ask({ kind: "add-rollout", order })),
      rollouts: async () => z.array(RolloutView).parse(await ask({ kind: "rollouts" })),
      rollout: async (id) => RolloutDetail.optional().parse(await ask({ kind: "rollout", id })),
      stepRollout: async (id, step) => RolloutAnswer.parse(await ask({ kind: "step-rollout", id, step })),
      removeArtefact: async (sha256) => Removal.parse(await ask({ kind: "remove-artefact", sha256 })),
    },
    close: async () => {
      closing.abort();
      await thread.then(
        (open) => open.close(),
        // It could not be opened again: then there is nothing to close.
        () => {},
      );
    },
  };
}

interface Thread extends Closer {
  readonly ask: (task: FleetTask) => Promise<unknown>;
  readonly hasEnded: () => boolean;
  /** Why it has ended, once it has. */
  readonly ended: Promise<string>;
}

const hasEnded = (thread: Thread): boolean => thread.hasEnded();

async function openThread(settings: FleetSettings): Promise<Thread> {
  const worker = new Worker(new URL("./fleet-worker.ts", import.meta.url), { workerData: settings });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const opened = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<string>();
  let lastId = 0;
  let ended: string | undefined;
  const end = (reason: string) => {
    ended ??= reason;
    opened.reject(new BadConfig(ended));
    for (const { reject } of waiting.values()) reject(new FleetUnavailable(ended));
  };
  worker.on("error", (error: Error) => end(`the thread of the authority failed: ${error.message}`));
  worker.once("exit", () => {
    end("the authority is closed");
    exited.resolve(ended ?? "");
  });
  worker.on("message", (message: unknown) => take(FromFleet.parse(message)));

  const take = (message: FromFleet) => {
    switch (message.kind) {
      case "open":
        return opened.resolve();
      case "shut":
        return end(message.message);
      case "answer":
        return waiting.get(message.id)?.resolve(message.value);
      case "refused":
        return waiting.get(message.id)?.reject(new FleetRefused(message.code, message.message));
      case "failed":
        return waiting.get(message.id)?.reject(new FleetUnavailable(message.message));
      default:
        return message satisfies never;
    }
  };
  const tell = (message: ToFleet) => worker.postMessage(message);

  await opened.promise;
  return {
    ask: (task) => {
      if (ended !== undefined) return Promise.reject(new FleetUnavailable(ended));
      lastId += 1;
      const id = lastId;
      const question = Promise.withResolvers<unknown>();
      waiting.set(id, question);
      const timer = setTimeout(
        () => question.reject(new FleetUnavailable("the authority does not answer")),
        ANSWER_WITHIN_MS,
      );
      tell({ id, task });
      return question.promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(id);
      });
    },
    hasEnded: () => ended !== undefined,
    ended: exited.promise,
    close: async () => {
      if (ended === undefined) tell("close");
      await exited.promise;
    },
  };
}
