import { watch } from "node:fs";
import { join } from "node:path";
import type { Program } from "../support/program.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/until.ts";
import { auditState } from "./audit.ts";
import type { Line } from "./line.ts";

/** Kills a program as a power cut would, and starts it again with its data. */
export async function killAndRestart(program: Program): Promise<void> {
  await program.kill();
  await program.start();
}

/** Waits until new numbers reach the cloud's state, so that a wire is held in the middle of the work. */
async function untilFlowing(line: Line): Promise<void> {
  const before = receivedCount(line);
  await until("messages flow", () => receivedCount(line) > before, 60_000);
}

/** Kills the cloud after InfluxDB has answered 204 and before the cloud can know it. */
export async function killBetweenStoreAndState(line: Line, storeWire: TcpProxy): Promise<void> {
  await untilFlowing(line);
  storeWire.hold("toClient");
  await until("InfluxDB's 204 is held back", () => storeWire.held("toClient").includes(" 204 "), 30_000);
  await line.cloud.kill();
  storeWire.cut(false);
  storeWire.release();
  await line.cloud.start();
}

/** Kills the cloud after it has committed its state and before any PUBACK of that commit gets through. */
export async function killBetweenCommitAndPuback(line: Line): Promise<void> {
  await untilFlowing(line);
  line.cloudWire.hold("toServer");
  // PUBACK: type 4, no flags, two bytes of message id (MQTT 3.1.1, section 3.4).
  await until("a PUBACK is held back", () => line.cloudWire.held("toServer").includes("\x40\x02"), 30_000);
  await line.cloud.kill();
  line.cloudWire.cut(false);
  line.cloudWire.release();
  await line.cloud.start();
}

/** Kills the gateway at the first write to its journal's main file: SQLite writes there in checkpoints only. */
export async function killInsideCheckpoint(line: Line): Promise<void> {
  const file = join(line.data.gateway, "journal.db");
  const written = new AbortController();
  const watcher = watch(file, () => {
    if (written.signal.aborted) return;
    written.abort();
    const pid = line.gateway.pid();
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  });
  await until("the journal's main file is written", () => written.signal.aborted, 120_000).finally(() =>
    watcher.close(),
  );
  await killAndRestart(line.gateway);
}

/** How far the cloud is: the numbers that it has of the line's device. */
export const receivedCount = (line: Line): number =>
  auditState(line.data.cloud).logs.reduce(
    (sum, { received }) => sum + (Array.isArray(received) ? received.reduce((n, [a, b]) => n + b - a + 1, 0) : 0),
    0,
  );
