import { expect, it } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import { freePort } from "../../support/free-port.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { connectTo, consumeAll, listen, parentOptions, villageSettings } from "./support.ts";

const MINE = { tenant: "chel", device: "post-1" };
const OTHERS = [1, 2, 3].map((i) => ({ tenant: "kopeysk", device: `post-${i}` }));

it("a tenant that the parent refuses stops nobody else, although its states and records waited when the parent came", async () => {
  const port = await freePort();
  const { token, ...options } = await parentOptions(["chel"]);
  const child = await startGatewayHere({
    clients: ["chel:post-1", ...OTHERS.map(({ tenant, device }) => `${tenant}:${device}`)],
    settings: villageSettings(port, token, "chel,kopeysk"),
  });
  for (const other of OTHERS) {
    const device = await connectTo(child, `${other.tenant}:${other.device}`);
    await device.publishAsync(topics.state(other), "refused", { qos: 1, retain: true });
    await device.publishAsync(topics.data(other, "reading"), "refused", { qos: 1 });
  }
  const device = await connectTo(child, "chel:post-1");
  await device.publishAsync(topics.state(MINE), "here", { qos: 1, retain: true });
  for (const n of [1, 2, 3]) await device.publishAsync(topics.data(MINE, "reading"), `mine ${n}`, { qos: 1 });
  await device.publishAsync(topics.data(MINE, "alert"), "mine 4", { qos: 1 });

  const parent = await startGatewayHere({ ...options, port });
  const got = consumeAll(parent);
  const heard = await listen(await connectTo(parent, "dv:cloud"), [filters.state()]);

  await until("the others are up", () => new Set(got.map(({ payload }) => String(payload))).size >= 4, 60_000);
  await until("their state is up", () => heard.get(topics.state(MINE)) === "here", 60_000);
  const uplink = await until("what is refused lies aside", async () => {
    const status = (await child.health()).uplink;
    return status?.aside === OTHERS.length && status.lag.reading === 0 && status;
  });
  expect(uplink).toMatchObject({ refusedTenants: ["kopeysk"], connections: 1, leftOut: 0 });
  expect(got.some(({ topic }) => topic.includes("kopeysk"))).toBe(false);
}, 150_000);
