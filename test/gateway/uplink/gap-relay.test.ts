import { join } from "node:path";
import { expect, it } from "vitest";
import { Gap } from "#contract/messages.ts";
import { topics } from "#contract/topics.ts";
import { addClient } from "../../../firmware-config/credentials.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { connectTo, consumeAll, parentOptions, VILLAGE, villageSettings } from "./support.ts";

const HAMLET = { tenant: "dv", device: "hamlet" };

it("a gateway says the gaps of the gateways behind it anew, with their names, and the city gets them numbered without holes", async () => {
  const { token, ...options } = await parentOptions(["chel"]);
  const parent = await startGatewayHere(options);
  const folder = await tempFolder();
  const hamletToken = await addClient(join(folder, "credentials.json"), {
    ...HAMLET,
    role: "gateway",
    tenants: ["chel"],
  });
  const village = await startGatewayHere({
    clients: ["chel:post-1"],
    folder,
    settings: villageSettings(parent.port, token, "chel"),
  });
  const hamlet = await connectTo({ ...village, tokenOf: () => hamletToken }, "dv:hamlet");
  const gapOf = (seq: number, saidBy?: readonly string[]) => ({
    ...{ v: 1, log: "hamlet-log", seq, id: `hamlet-log-${seq}`, at: 1, clock: "rtc", boot: "b", up: 1, kind: "gap" },
    ...{ lostTenant: "chel", lostDevice: "post-1", lostLog: "log-1", class: "reading", reason: "budget" },
    ...{ ranges: [[seq, seq + 4]], by: "dv:hamlet", ...(saidBy === undefined ? {} : { saidBy }) },
  });
  const say = (gap: unknown) => hamlet.publishAsync(topics.data(HAMLET, "gap"), JSON.stringify(gap), { qos: 1 });
  await say(gapOf(1));
  await say("no gap at all");
  await say(gapOf(11, ["farm"]));

  const got = consumeAll(parent);
  await until("both are up", () => got.length >= 2, 30_000);
  await until("what is no gap lies aside", async () => (await village.health()).uplink?.aside === 1);

  const gaps = got.map(({ payload }) => Gap.parse(JSON.parse(String(payload)))).sort((a, b) => a.seq - b.seq);
  expect(new Set(got.map(({ topic }) => topic))).toEqual(
    new Set([topics.data({ tenant: "dv", device: VILLAGE }, "gap")]),
  );
  expect(gaps).toMatchObject([
    { seq: 1, lostTenant: "chel", lostDevice: "post-1", lostLog: "log-1", ranges: [[1, 5]], saidBy: ["hamlet"] },
    {
      seq: 2,
      lostTenant: "chel",
      lostDevice: "post-1",
      ranges: [[11, 15]],
      saidBy: ["farm", "hamlet"],
      by: "dv:village",
    },
  ]);
  expect(new Set(gaps.map(({ log }) => log)).size).toBe(1);
}, 90_000);
