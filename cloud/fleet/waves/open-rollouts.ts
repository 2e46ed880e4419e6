import { isDeepStrictEqual } from "node:util";
import { isUpdateSigned, type SignedUpdate, targetOf, updateId } from "#contract/updates.ts";
import type { Sql } from "../../store/state/database.ts";
import { hasArtefact, removeArtefact } from "../artefacts/artefacts.ts";
import { allRollouts, insertRollout, isOpen, type RolloutRow, rolloutOf, setRollout } from "./rollout-book.ts";
import { detailOf, viewOf } from "./rollout-view.ts";
import type { RolloutAnswer, RolloutOrder, RolloutPlan, RolloutStep, Rollouts } from "./rollouts.ts";
import { bringTwins, makeRounds, type RoundParts } from "./run-waves.ts";

/** What the rollouts are opened with. */
export interface RolloutParts extends RoundParts {
  /** Where the files lie. */
  readonly artefactFolder: string;
  /** Raw public keys (base64url) that updates must be signed with, as the devices pin them. */
  readonly updateKeys: readonly string[];
}

/** A device is told of four updates at most (`Desired`), each of some KiB: together they fit into one retained message. */
const MAX_TARGETS = 4;
const MAX_SIGNED_BYTES = 10 * 1024;

/** The rollouts, in the thread of the fleet; `round` is to be called again and again. */
export function openRollouts(parts: RolloutParts): Rollouts & { round(): void } {
  const { file, known, nowMs, log, artefactFolder } = parts;
  const round = makeRounds(parts);
  /** Undefined while the state store is away: what was ordered and what devices say of it are told all the same. */
  const devicesNow = () =>
    orLater(known.all, (error) =>
      log.warn({ event: "rollouts.unheard", err: error }, "the devices cannot be looked at"),
    );
  /**
   * Changes a rollout and, with it, what devices are told. Nobody's health is asked for that: the brake works while the
   * state store does not. A round that fails is made up for by the next one.
   */
  const order = (id: string, change: (sql: Sql) => RolloutAnswer | undefined): RolloutAnswer => {
    const refused = file.transaction((sql) => {
      const answer = change(sql);
      if (answer === undefined) bringTwins(sql, Math.round(nowMs()));
      return answer;
    });
    if (refused !== undefined) return refused;
    orLater(
      () => round(true),
      (error) => log.warn({ event: "rollouts.unseen", err: error }, "the next round goes on with what was ordered"),
    );
    const devices = devicesNow();
    return file.use((sql): RolloutAnswer => {
      const row = rolloutOf(sql, id);
      return row === undefined ? { kind: "unknown" } : { kind: "done", rollout: viewOf(sql, row, devices, nowMs()) };
    });
  };
  return {
    round,
    addRollout: async (wanted) => {
      const id = updateId(wanted.update.manifest);
      return order(id, (sql) => add(sql, id, wanted, parts));
    },
    rollouts: async () => {
      const devices = devicesNow();
      return file.use((sql) => [...allRollouts(sql)].reverse().map((row) => viewOf(sql, row, devices, nowMs())));
    },
    rollout: async (id) => {
      const devices = devicesNow();
      return file.use((sql) => {
        const row = rolloutOf(sql, id);
        return row && detailOf(sql, row, devices, nowMs());
      });
    },
    stepRollout: async (id, wanted) => order(id, (sql) => step(sql, id, wanted, nowMs())),
    removeArtefact: async (sha256) => {
      if (file.use((sql) => usesArtefact(sql, sha256))) return "in-use";
      return removeArtefact(artefactFolder, sha256) ? "removed" : "missing";
    },
  };
}

function orLater<T>(work: () => T, onError: (error: unknown) => void): T | undefined {
  try {
    return work();
  } catch (error) {
    onError(error);
    return undefined;
  }
}

/** Begins a rollout; gives why not, or undefined. The same order again changes nothing. */
function add(sql: Sql, id: string, { update, plan }: RolloutOrder, parts: RolloutParts): RolloutAnswer | undefined {
  const nowMs = Math.round(parts.nowMs());
  const known = rolloutOf(sql, id);
  if (known !== undefined) {
    if (isDeepStrictEqual(known.plan, plan)) return undefined;
    return conflict("this update is rolled out already, with another plan: sign it again with the next counter");
  }
  const fault = faultOf(update, parts, nowMs);
  if (fault !== undefined) return { kind: "invalid", reason: fault };
  const { counter } = update.manifest;
  const rollouts = allRollouts(sql);
  const target = targetOf(update.manifest);
  const others = rollouts.filter((one) => targetOf(one.signed.manifest) === target);
  const newest = Math.max(0, ...others.map((one) => one.counter));
  if (counter <= newest) {
    return conflict(`${target} has had counter ${newest}, and devices take none twice: sign it with a higher one`);
  }
  const targets = new Set(rollouts.filter(isOpen).map((one) => targetOf(one.signed.manifest))).add(target);
  if (targets.size > MAX_TARGETS) {
    return conflict(`a device is told of ${MAX_TARGETS} updates at most: stop one of another name first`);
  }
  const open = others.filter(isOpen);
  const left = open.find((older) => !covers(plan, older.plan));
  if (left !== undefined) {
    return conflict(
      `counter ${left.counter} is on its way to ${left.plan.tenants?.join(", ") ?? "everybody's devices"}, and this one would ` +
        "take its place there too: name those tenants as well, or stop that one first",
    );
  }
  for (const older of open) {
    const why = `counter ${counter} has taken its place`;
    setRollout(sql, older.id, { ...older, status: "superseded", why }, nowMs);
  }
  insertRollout(sql, id, update, plan, nowMs);
  return undefined;
}

/** Whether one plan is for all devices that the other one is for. */
const covers = ({ tenants }: RolloutPlan, other: RolloutPlan): boolean =>
  tenants === null || (other.tenants?.every((tenant) => tenants.includes(tenant)) ?? false);

/** What a device would refuse it for, found early; the device is the judge all the same. */
function faultOf(
  update: SignedUpdate,
  { updateKeys, artefactFolder }: RolloutParts,
  nowMs: number,
): string | undefined {
  const { manifest } = update;
  if (updateKeys.length === 0) return "UPDATE_KEYS is not set: the cloud does not know whose updates these may be";
  if (!updateKeys.includes(update.key)) return "signed with a key that is not among UPDATE_KEYS";
  if (!isUpdateSigned(update, updateKeys)) return "the signature is not that of this manifest";
  if (manifest.expiresAt <= nowMs) return `it expired at ${new Date(manifest.expiresAt).toISOString()}`;
  if (Buffer.byteLength(JSON.stringify(update)) > MAX_SIGNED_BYTES)
    return `the manifest has more than ${MAX_SIGNED_BYTES} bytes`;
  const missing = manifest.files.filter((file) => !hasArtefact(artefactFolder, file));
  if (missing.length === 0) return undefined;
  return `upload these files first: ${missing.map(({ name, sha256 }) => `${name} (${sha256})`).join(", ")}`;
}

/** Changes where a rollout stands as a person wants it; gives why not, or undefined. */
function step(sql: Sql, id: string, wanted: RolloutStep, nowMs: number): RolloutAnswer | undefined {
  const row = rolloutOf(sql, id);
  if (row === undefined) return { kind: "unknown" };
  const to = STEPS[wanted];
  if (row.status === to.status) return undefined;
  if (!to.from.some((status) => status === row.status)) {
    return conflict(`it is ${row.status}: ${wanted} is for what is ${to.from.join(" or ")}`);
  }
  setRollout(sql, id, { ...row, status: to.status, why: to.why }, Math.round(nowMs));
  return undefined;
}

const STEPS = {
  pause: { status: "paused", from: ["running"], why: "paused by the administrator" },
  resume: { status: "running", from: ["paused"], why: "resumed by the administrator" },
  stop: { status: "stopped", from: ["running", "paused", "done"], why: "stopped by the administrator" },
} as const satisfies Record<RolloutStep, { status: RolloutRow["status"]; from: RolloutRow["status"][]; why: string }>;

const usesArtefact = (sql: Sql, sha256: string): boolean =>
  allRollouts(sql).some((row) => isOpen(row) && row.signed.manifest.files.some((file) => file.sha256 === sha256));

const conflict = (reason: string): RolloutAnswer => ({ kind: "conflict", reason });
