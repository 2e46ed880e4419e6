import { expect, it, onTestFinished } from "vitest";
import { wait } from "#kit/wait.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { auditState, coveredUpTo, lastNumberOf, pointsIn } from "./audit.ts";
import { layLine, startAll } from "./line.ts";

const MESSAGES = process.env.DVORNIK_LONG === "1" ? 5000 : 1500;

it(`a device that is offline for ${MESSAGES} messages and is killed meanwhile delivers every one once, later`, async () => {
  const folder = await tempFolder();
  const line = await layLine({ folder, edge: { READING_EVERY_S: "0.02", HEALTH_EVERY_S: "86400" } });
  onTestFinished(() => line.close());
  line.edgeWire.cut(true);
  await startAll(line);

  for (let kills = 0; kills < 3; kills++) {
    await wait(MESSAGES * 3);
    await line.edge.kill();
    if (kills < 2) await line.edge.start();
  }
  const last = lastNumberOf(line.data.edge);
  expect(auditState(line.data.cloud).logs).toEqual([]);
  line.edgeWire.mend();
  const drainer = line.edgeWith({ SDS011: "", IIO_DIR: "/nowhere", HEALTH_EVERY_S: "86400" });
  onTestFinished(() => drainer.close());
  await drainer.start();

  await until("every number is in the cloud", () => coveredUpTo(auditState(line.data.cloud)) === last, 60_000);
  expect(last).toBeGreaterThan(MESSAGES / 4);
  expect(pointsIn(line.data.cloud)).toBe(last);
}, 180_000);
