import { expect, it, onTestFinished } from "vitest";
import { createCounters } from "../../../edge/health/counters.ts";
import { startHealthReports } from "../../../edge/health/health-reports.ts";
import type { NewMessage } from "../../../edge/outbox/new-message.ts";
import { createPace } from "../../../edge/pace.ts";
import { until } from "../../support/until.ts";
import { emptyOutbox, quiet, stillTime } from "../support/fakes.ts";

it("says at once when the time has become known, so that the cloud can place what came before", async () => {
  const kept: NewMessage[] = [];
  let tell = () => {};
  const time = {
    ...stillTime,
    onBetter: (listener: () => void) => {
      tell = listener;
      return () => {};
    },
  };
  const outbox = { ...emptyOutbox, append: async (messages: readonly NewMessage[]) => void kept.push(...messages) };
  const pace = createPace({ everyMs: 60_000, samplesPerPack: 1, particleWorkMs: 0, healthEveryMs: 3_600_000 });
  const options = { pace, software: "test", model: null, counters: createCounters(), log: quiet };
  const reports = startHealthReports({ ...options, outbox, time });
  onTestFinished(() => reports.close());

  tell();

  await until("it is said", () => kept.length === 1);
  const { at, boot, up, clock } = stillTime.stamp();
  expect(kept[0]).toMatchObject({ kind: "health", boot, up, at, clock });
});
