import { describe, expect, it, onTestFinished } from "vitest";
import { Health } from "#contract/messages.ts";
import type { Values } from "#journal/journal.ts";
import type { DeviceReport } from "../../../edge/health/device-report.ts";
import { findingsOf } from "../../../edge/health/findings.ts";
import { startHealthReports } from "../../../edge/health/health-reports.ts";
import type { NewMessage } from "../../../edge/outbox/new-message.ts";
import { createPace } from "../../../edge/pace.ts";
import { openTrafficDays } from "../../../edge/uplink/traffic.ts";
import { until } from "../../support/until.ts";
import { aReport } from "../support/a-report.ts";
import { emptyOutbox, quiet, stillTime } from "../support/fakes.ts";
import { STAMP } from "../support/messages.ts";

/** Health messages of a device that is as a test says; `tell` asks for one at once. */
function startReports(first: DeviceReport, healthEveryMs = 3_600_000) {
  const kept: NewMessage[] = [];
  let now = first;
  let tell = () => {};
  const time = {
    ...stillTime,
    onBetter: (listener: () => void) => {
      tell = listener;
      return () => {};
    },
  };
  const findings = {
    now: () => findingsOf(now).map((finding) => ({ ...finding, sinceUp: 0, sinceAt: null })),
  };
  const values: Values[] = [];
  const append = async (messages: readonly NewMessage[], also: Values = {}) => {
    values.push(also);
    kept.push(...messages);
  };
  const outbox = { ...emptyOutbox, append };
  const pace = createPace({ everyMs: 60_000, samplesPerPack: 1, particleWorkMs: 0, healthEveryMs });
  const traffic = openTrafficDays(undefined);
  const counts = () => ({ "card-writes": "5" });
  const options = { pace, report: () => now, findings, traffic, counts, onUnkept: () => {}, log: quiet };
  const reports = startHealthReports({ ...options, outbox, time });
  onTestFinished(() => reports.close());
  const said = async (n: number) => {
    await until(`${n} messages`, () => kept.length >= n);
    return kept.map((message) =>
      Health.parse({ log: "l".repeat(24), seq: 123_456, id: `${"l".repeat(24)}-123456`, ...message }),
    );
  };
  return {
    tell: () => tell(),
    become: (report: DeviceReport) => {
      now = report;
    },
    said,
    values,
  };
}

describe("startHealthReports", () => {
  it("says at once when the time has become known, so that the cloud can place what came before", async () => {
    const { tell, said } = startReports(aReport());

    tell();

    const { at, boot, up, clock } = stillTime.stamp();
    expect((await said(1))[0]).toMatchObject({ kind: "health", boot, up, at, clock });
  });

  it("commits the counts of writes and traffic with each message, so that no power cut takes more than came after it", async () => {
    const { tell, said, values } = startReports(aReport());

    tell();
    tell();
    await said(2);

    expect(values.map((also) => Object.keys(also).sort())).toEqual([
      ["card-writes", "traffic"],
      ["card-writes", "traffic"],
    ]);
  });

  it("says since when its errors are counted: since this program began, on a machine that may run for long", async () => {
    const { tell, said } = startReports(aReport({ startedUp: 2_591_000_000, errors: { "sensor-silent": 3 } }));

    tell();

    expect((await said(1))[0]).toMatchObject({ errors: { "sensor-silent": 3 }, countedFrom: 2_591_000_000 });
  });

  it("tells all facts at first and when a part's state has changed, and little in between", async () => {
    const { tell, become, said } = startReports(aReport());
    tell();
    tell();
    await said(2);
    become(aReport({ camera: { camera: "rpicam", reason: "cable", trouble: "x", lastShotAt: null, openVisits: [] } }));
    tell();

    const facts = (await said(3)).map((message) => message.facts?.parts?.camera);

    expect(facts).toEqual(["well", undefined, "cable"]);
  });

  it("is short: a device pays for each byte", async () => {
    const outbox = { reading: 4, chunk: 120 };
    const { log, ...pending } = aReport().outbox;
    const busy = aReport({
      outbox: {
        ...pending,
        log,
        byClass: outbox,
        bytesByClass: { reading: 1200, chunk: 3_900_000 },
        ages: { reading: 61_000, chunk: 86_000_000 },
      },
      errors: { "sensor-bad-frame": 12, "broker-econnreset": 3 },
      runs: {
        last: { software: "0.1.0", kernel: null, startedAt: STAMP.at, hasSettled: true, end: "power", error: null },
        starts: 41,
        days: {},
        isLooping: false,
      },
    });
    const { tell, said } = startReports(busy);
    tell();
    tell();

    const [whole = "", brief = ""] = (await said(2)).map((message) => JSON.stringify(message));

    expect(brief.length).toBeLessThan(450);
    expect(whole.length).toBeLessThan(1_000);
    // One in fifteen is whole.
    expect((whole.length + 14 * brief.length) / 15).toBeLessThan(480);
  });
});
