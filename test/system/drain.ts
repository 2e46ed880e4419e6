import { until } from "../support/until.ts";
import { auditState, coveredUpTo, lastNumberOf } from "./audit.ts";
import type { Line } from "./line.ts";

/**
 * Stops the device, lets it go on without sensors until the cloud has every number that its outbox ever gave, and
 * stops it again. Gives the last of those numbers; fails when one is still missing after `timeoutMs`.
 */
export async function drain(line: Line, timeoutMs = 90_000): Promise<number> {
  await line.edge.close();
  const last = lastNumberOf(line.data.edge);
  const drainer = line.edgeWith({ SDS011: "", IIO_DIR: "/nowhere", HEALTH_EVERY_S: "86400" });
  try {
    await drainer.start();
    await until("the cloud has every number", () => coveredUpTo(auditState(line.data.cloud)) >= last, timeoutMs);
  } finally {
    await drainer.close();
  }
  return last;
}
