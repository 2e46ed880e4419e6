import { writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Closer } from "#kit/closer.ts";
import { writeDurably } from "#kit/durable-file.ts";
import { messageOf } from "#kit/errors.ts";
import { kernelBootId } from "./machine-boot.ts";

/**
 * How a run ended. `power`: the machine started anew without a clean end (the kernel's boot_id is another one);
 * `killed`: the process was gone and the machine was not; `watchdog` and `out-of-memory` are what systemd said of it.
 */
export const RunEnd = z.enum(["clean", "crashed", "killed", "watchdog", "out-of-memory", "power"]);
export type RunEnd = z.infer<typeof RunEnd>;

const ERROR_LENGTH = 200;
const Run = z.object({
  software: z.string(),
  /** The kernel's random name of the machine's boot; null where it has none. */
  kernel: z.string().nullable(),
  /** UTC ms, null where the clock was not known. */
  startedAt: z.number().nullable(),
  /** It lasted for ten minutes at least. */
  hasSettled: z.boolean(),
  end: RunEnd.nullable(),
  /** Of a crash: what was thrown. */
  error: z.string().nullable(),
});
/** One run of the program; `end` is null while it lasts, and of one that ended without being able to say so. */
export type Run = z.infer<typeof Run>;

const Day = z.partialRecord(RunEnd, z.number().int().min(0));
const RunFile = z.object({ runs: z.array(Run), days: z.record(z.string(), Day) });
type RunFile = z.infer<typeof RunFile>;

/** What is known of the runs before this one. */
export interface RunHistory {
  /** The run before this one, or null at the first. */
  readonly last: (Run & { readonly end: RunEnd }) | null;
  /** Starts since the data folder was made, as far as the days below reach. */
  readonly starts: number;
  /** How runs ended, by the UTC day at whose start they were found so; `unknown` where the clock was not known. */
  readonly days: Readonly<RunFile["days"]>;
  /** The last three runs or more ended badly within ten minutes each, and not for want of power. */
  readonly isLooping: boolean;
}

/** The durable record of how this program's runs ended. */
export interface RunRecord extends Closer {
  readonly history: RunHistory;
}

/** What a record needs. `nowMs` is null where the clock is not known. */
export interface RunRecordOptions {
  readonly folder: string;
  readonly software: string;
  readonly nowMs: () => number | null;
  /** The kernel's random name of this boot; asked of the kernel where it is not given. */
  readonly kernel?: string | null;
  readonly onTrouble: (reason: string) => void;
  readonly settleMs?: number;
}

/** More are a list that nobody reads; the days hold the counts. */
const RUNS_KEPT = 10;
const DAYS_KEPT = 30;
const SETTLED_AFTER_MS = 10 * 60_000;
/** Three in a row are no accident. */
const LOOP = 3;
const FILE = "runs.json";
/** What systemd says of an end (`ExecStopPost=` writes `$SERVICE_RESULT` there; systemd.exec(5)). */
const SERVICE_RESULT_FILE = "service-result";

/**
 * Notes that a run has begun, learns how the one before ended, and notes how this one ends: three small writes for a run.
 *
 * A record that cannot be written changes nothing but `onTrouble`; one that cannot be understood begins anew.
 */
export async function openRunRecord(options: RunRecordOptions): Promise<RunRecord> {
  const { folder, software, nowMs, onTrouble, settleMs = SETTLED_AFTER_MS } = options;
  const file = join(folder, FILE);
  const kernel = options.kernel === undefined ? (kernelBootId() ?? null) : options.kernel;
  const known = await load(file, onTrouble);
  const before = endLast(known, kernel, await takeServiceResult(folder), nowMs());
  const own: Run = { software, kernel, startedAt: nowMs(), hasSettled: false, end: null, error: null };
  let run = own;
  const textOf = () => `${JSON.stringify({ ...before, runs: [...before.runs, run].slice(-RUNS_KEPT) })}\n`;
  const save = async (change: Partial<Run>) => {
    run = { ...run, ...change };
    await writeDurably(file, textOf()).catch((error: unknown) => onTrouble(messageOf(error)));
  };
  await save({});
  const settling = setTimeout(() => void save({ hasSettled: true }), settleMs);
  settling.unref();

  // A dying process can wait for nothing: it writes at once, and what a full disk does not take is lost.
  const noteNow = (error: string) => {
    if (run.end !== null) return;
    run = { ...run, end: "crashed", error: error.slice(0, ERROR_LENGTH) };
    try {
      writeFileSync(file, textOf());
    } catch (failure) {
      onTrouble(messageOf(failure));
    }
  };
  const onCrash = (error: unknown) => noteNow(messageOf(error));
  const onExit = (code: number) => noteNow(`left with exit code ${code}; its log says why`);
  process.on("uncaughtExceptionMonitor", onCrash);
  process.on("exit", onExit);
  return {
    history: historyOf(before),
    close: async () => {
      clearTimeout(settling);
      process.off("uncaughtExceptionMonitor", onCrash);
      process.off("exit", onExit);
      if (run.end === null) await save({ end: "clean" });
    },
  };
}

/** What is known of the runs in a folder, while none goes on; it leaves no trace. */
export async function readRuns(folder: string): Promise<RunHistory> {
  const known = await load(join(folder, FILE), () => {});
  return historyOf(endLast(known, kernelBootId() ?? null, undefined, null));
}

/** The record with the end of its last run, found out where that could not say it itself, and counted by day. */
function endLast(record: RunFile, kernel: string | null, result: RunEnd | undefined, nowMs: number | null): RunFile {
  const last = record.runs.at(-1);
  if (last === undefined) return record;
  const isOtherBoot = last.kernel !== null && kernel !== null && last.kernel !== kernel;
  const end = last.end ?? (isOtherBoot ? "power" : (result ?? "killed"));
  const day = nowMs === null ? "unknown" : new Date(nowMs).toISOString().slice(0, 10);
  const counts = record.days[day] ?? {};
  const days = { ...record.days, [day]: { ...counts, [end]: (counts[end] ?? 0) + 1 } };
  return {
    runs: [...record.runs.slice(0, -1), { ...last, end }],
    days: Object.fromEntries(Object.entries(days).sort().slice(-DAYS_KEPT)),
  };
}

/** What a record says of the runs in it, each of which has ended. */
function historyOf({ runs, days }: RunFile): RunHistory {
  const last = runs.at(-1);
  const bad = runs.slice(-LOOP).filter(({ end, hasSettled }) => end !== "clean" && end !== "power" && !hasSettled);
  const counted = Object.values(days).flatMap((day) => Object.values(day));
  return {
    last: last === undefined || last.end === null ? null : { ...last, end: last.end },
    starts: counted.reduce((sum, count) => sum + count, 1),
    days,
    isLooping: bad.length === LOOP,
  };
}

async function load(file: string, onTrouble: (reason: string) => void): Promise<RunFile> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return { runs: [], days: {} };
  try {
    return RunFile.parse(JSON.parse(text));
  } catch {
    onTrouble(`${file} cannot be understood: the record of runs begins anew`);
    return { runs: [], days: {} };
  }
}

const RESULTS: Readonly<{ [result: string]: RunEnd }> = { watchdog: "watchdog", "oom-kill": "out-of-memory" };

/** What systemd said of the last end, once. */
async function takeServiceResult(folder: string): Promise<RunEnd | undefined> {
  const file = join(folder, SERVICE_RESULT_FILE);
  const text = await readFile(file, "utf8").catch(() => "");
  await rm(file, { force: true }).catch(() => {
    // A disk that cannot be written: then it is read once more at the next start.
  });
  return RESULTS[text.trim().split(" ")[0] ?? ""];
}
