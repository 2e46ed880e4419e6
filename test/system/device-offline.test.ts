import { expect, it, onTestFinished } from "vitest";
import { wait } from "#kit/wait.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { auditState, pointsIn } from "./audit.ts";
import { drain } from "./drain.ts";
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
  expect(auditState(line.data.cloud).logs).toEqual([]);
  line.edgeWire.mend();
  const last = await drain(line);

  expect(last).toBeGreaterThan(MESSAGES / 4);
  expect(pointsIn(line.data.cloud)).toBe(last);
}, 180_000);
