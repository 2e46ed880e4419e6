import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { wait } from "#kit/wait.ts";
import { addClient } from "../../../firmware-config/credentials.ts";
import { LoopWatch } from "../../../gateway/uplink/loop-watch.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { connectTo, letVillageIn, villageSettings } from "./support.ts";

const POST = { tenant: "chel", device: "post-1" };
const stateOf = (device: string) => topics.state({ tenant: "dv", device });
const state = (via: readonly string[], online = true) =>
  Buffer.from(JSON.stringify({ v: 1, online, tenants: ["chel"], via }));

describe("LoopWatch", () => {
  it("names itself and everyone behind it, each once", () => {
    const watch = new LoopWatch("a");
    watch.note(stateOf("b"), state(["b", "c"]));
    watch.note(stateOf("d"), state(["d", "c"]));
    watch.note(stateOf("e"), state(["e"], false));

    expect(watch.via).toEqual(["a", "b", "c", "d"]);
    expect(watch.isInLoop).toBe(false);
  });

  it("knows a ring by its own mark, however long the ring is, until the other one has gone", () => {
    const watch = new LoopWatch("a");
    watch.note(stateOf("b"), state(["b", "c", "a"]));
    const inRing = watch.isInLoop;
    watch.note(stateOf("b"), state(["b", "c", "a"], false));

    expect([inRing, watch.isInLoop]).toEqual([true, false]);
  });

  it("takes no notice of a state that it cannot read", () => {
    const watch = new LoopWatch("a");
    watch.note(stateOf("b"), Buffer.from("{"));
    watch.note(stateOf("b"), Buffer.from(""));

    expect(watch.via).toEqual(["a"]);
  });
});

describe("a ring of gateways", () => {
  it("is noticed by a gateway that is its own parent, and nothing is multiplied", async () => {
    const [folder, port] = [await tempFolder(), await freePort()];
    const settings = villageSettings(port, await letVillageIn(folder, ["chel"]), "chel");
    const gateway = await startGatewayHere({ clients: ["chel:post-1"], folder, settings, port });
    await until("it is noticed", async () => (await gateway.health()).uplink?.lastError?.startsWith("loop"));

    const device = await connectTo(gateway, "chel:post-1");
    for (let n = 0; n < 5; n += 1) await device.publishAsync(topics.data(POST, "reading"), `${n}`, { qos: 1 });
    await wait(1_500);

    const { uplink, acknowledged } = await gateway.health();
    expect(uplink).toMatchObject({ connected: false, lag: { reading: 5 } });
    expect(acknowledged).toBe(5);
  });

  it("is noticed by two that are each other's parent", async () => {
    const folders = { a: await tempFolder(), b: await tempFolder() };
    const ports = { a: await freePort(), b: await freePort() };
    const tokenAt = (folder: string, device: string) =>
      addClient(join(folder, "credentials.json"), { tenant: "dv", device, role: "gateway", tenants: ["chel"] });
    const settings = async (name: "a" | "b", parent: "a" | "b") => ({
      ...villageSettings(ports[parent], await tokenAt(folders[parent], name), "chel"),
      GATEWAY_NAME: name,
    });
    const [ofA, ofB] = [await settings("a", "b"), await settings("b", "a")];
    const a = await startGatewayHere({ clients: ["chel:post-1"], folder: folders.a, settings: ofA, port: ports.a });
    const device = await connectTo(a, "chel:post-1");
    for (let n = 0; n < 300; n += 1) await device.publishAsync(topics.data(POST, "reading"), `${n}`, { qos: 1 });
    const b = await startGatewayHere({ clients: [], folder: folders.b, settings: ofB, port: ports.b });

    await until("it is noticed", async () => {
      const seen = [(await a.health()).uplink, (await b.health()).uplink];
      return seen.some((uplink) => uplink?.lastError?.startsWith("loop")) && seen.some((uplink) => !uplink?.connected);
    });
    await until("nobody sends any more", async () => {
      const before = (await a.health()).acknowledged + (await b.health()).acknowledged;
      await wait(2_000);
      return (await a.health()).acknowledged + (await b.health()).acknowledged === before;
    });

    const waiting = (await a.health()).journal.pending.reading ?? 0;
    expect(waiting + ((await b.health()).journal.pending.reading ?? 0)).toBeGreaterThanOrEqual(300);
  }, 60_000);
});
