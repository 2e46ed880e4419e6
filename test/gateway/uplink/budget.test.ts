import { expect, it, onTestFinished } from "vitest";
import { Gap } from "#contract/messages.ts";
import { topics } from "#contract/topics.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { connectTo, consumeAll, parentOptions, VILLAGE, villageSettings } from "./support.ts";

const POST = { tenant: "chel", device: "post-1" };
const READINGS = 120;

it("a gateway whose journal grew full while its parent was away brings up what it kept, and says which numbers it lost", async () => {
  const { token, ...options } = await parentOptions(["chel"]);
  const parent = await startGatewayHere(options);
  const wire = await startTcpProxy(parent.port);
  onTestFinished(() => wire.close());
  wire.cut(true);
  const settings = villageSettings(wire.port, token, "chel", { JOURNAL_BYTES: String(1024 * 1024) });
  const child = await startGatewayHere({ clients: ["chel:post-1"], settings });
  const device = await connectTo(child, "chel:post-1");
  for (let seq = 1; seq <= READINGS; seq += 1) {
    const reading = JSON.stringify({ log: "log-1", seq, filling: "x".repeat(20_000) });
    await device.publishAsync(topics.data(POST, "reading"), reading, { qos: 1 });
  }

  wire.mend();
  const got = consumeAll(parent);
  await until(
    "the last is up",
    () => got.some(({ payload }) => String(payload).includes(`"seq":${READINGS},`)),
    60_000,
  );
  await until("nothing waits", async () => Object.values((await child.health()).journal.pending).every((n) => n === 0));
  const gapTopic = topics.data({ tenant: "dv", device: VILLAGE }, "gap");
  await until("a gap is up", () => got.some(({ topic }) => topic === gapTopic), 30_000);

  const came = new Set<number>();
  const lost = new Set<number>();
  for (const { topic, payload } of got) {
    const json = JSON.parse(String(payload));
    if (topic !== gapTopic) came.add(json.seq);
    else for (const [first, last] of Gap.parse(json).ranges) for (let n = first; n <= last; n += 1) lost.add(n);
  }
  const accounted = Array.from({ length: READINGS }, (_, i) => i + 1).filter((n) => came.has(n) || lost.has(n));
  expect(lost.size).toBeGreaterThan(20);
  expect(accounted).toHaveLength(READINGS);
}, 120_000);
