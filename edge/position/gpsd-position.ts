import { EARLIEST_MS } from "#contract/clocks.ts";
import type { Clock } from "#kit/clock.ts";
import type { ByteAddress } from "../../firmware-config/settings/byte-address.ts";
import { LATEST_MS } from "../health/clock-quality.ts";
import { openByteSource } from "../sensors/byte-source.ts";
import { type GpsdReport, readGpsdLine } from "./gpsd-report.ts";
import { createLineSplitter } from "./line-splitter.ts";
import type { Fix, Position } from "./position.ts";

/** How gpsd is reached. */
export interface GpsdOptions {
  readonly address: ByteAddress;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onLost: (reason: string) => void;
  /** A connection on which nothing comes for so long is opened anew; 60 s if not said. */
  readonly silentMs?: number;
}

/** gpsd_json(5), "WATCH". */
const WATCH = '?WATCH={"enable":true,"json":true};\n';
/**
 * A receiver reports each second; what it said half a minute ago is not where a truck is now. How long its time is good
 * for after that is for those who keep the time (edge/health/time-keeper.ts).
 */
const LASTS_MS = 30_000;
/** gpsd sends no longer message than this by far (its own buffer holds 10,240 bytes). */
const MOST_BYTES = 16_384;
/** gpsd itself lives while its receiver is unplugged, and then says nothing for long. */
const SILENT_MS = 60_000;

/** Position and time from gpsd (`tcp://127.0.0.1:2947`); the connection is opened again whenever it is lost. */
export function openGpsdPosition({ address, clock, random, onLost, silentMs = SILENT_MS }: GpsdOptions): Position {
  const splitter = createLineSplitter(MOST_BYTES);
  let fixed: { readonly fix: Fix; readonly heardMs: number } | undefined;
  let time: { readonly atMs: number; readonly heardMs: number } | undefined;
  let badReports = 0;

  function hear(report: GpsdReport): void {
    const heardMs = clock.monotonicMs();
    if (report.kind === "bad") badReports += 1;
    if (report.kind === "no-fix") fixed = undefined;
    if (report.kind !== "fix") return;
    fixed = { fix: report.fix, heardMs };
    const { atMs } = report;
    // A receiver whose count of weeks has run over is off by 19.6 years: its time is worse than none.
    if (atMs !== null && atMs >= EARLIEST_MS && atMs < LATEST_MS) time = { atMs, heardMs };
  }

  const source = openByteSource({
    address,
    random,
    silentMs,
    listener: {
      onOpen: () => {
        splitter.reset();
        source.write(Buffer.from(WATCH));
      },
      onBytes: (bytes) => {
        for (const line of splitter.push(bytes)) hear(readGpsdLine(line));
      },
      onLost,
    },
  });
  const isFresh = (heardMs: number) => clock.monotonicMs() - heardMs <= LASTS_MS;
  const fix = () => (fixed !== undefined && isFresh(fixed.heardMs) ? fixed.fix : undefined);
  return {
    fix,
    nowMs: () => {
      if (time === undefined || !isFresh(time.heardMs)) return undefined;
      return Math.round(time.atMs + clock.monotonicMs() - time.heardMs);
    },
    health: () => ({
      isReachable: source.isOpen,
      hasFix: fix() !== undefined,
      badLines: badReports + splitter.tooLong,
      trouble: source.trouble ?? (fix() === undefined ? "no fix yet: does the antenna see the sky?" : null),
    }),
    close: () => source.close(),
  };
}
