import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge, type TestEdge } from "../../support/test-edge.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { startAedesBroker } from "../support/aedes-broker.ts";
import { type City, connectCity } from "./support/city.ts";

const DEVICE = { tenant: "demo", device: "post-1" };
/** Of the trial in these tests: 0.05 min are 3 s. */
const TRIAL = { TWIN_TRIAL_MIN: "0.05" };

const NOTHING = { v: 1, rev: null, settings: {}, refused: [], onTrial: false, updates: [] } as const;

interface Town {
  readonly edge: TestEdge;
  readonly city: City;
  readonly folder: string;
  readonly token: string;
  /** Records that the gateway has acknowledged: everything that the device keeps comes there. */
  acknowledged(): Promise<number>;
  /** Why it left, each time that it did without having been asked to. */
  readonly exits: readonly string[];
}

/** A device at a real gateway, and the city. */
async function startTown(settings: Readonly<Record<string, string>> = {}): Promise<Town> {
  const folder = await tempFolder();
  const gateway = await startGatewayHere({ clients: ["demo:post-1", "dv:cloud"] });
  const token = gateway.tokenOf("demo:post-1");
  const city = await connectCity(gateway, DEVICE);
  const exits: string[] = [];
  const onExit = (why: string) => exits.push(why);
  const edge = await startTestEdge({ folder, brokerUrl: gateway.url, ...DEVICE, token, settings, onExit });
  const acknowledged = async () => (await gateway.health()).acknowledged;
  return { edge, city, folder, token, exits, acknowledged };
}

const refusedOf = ({ refused }: { readonly refused: readonly { readonly setting: string }[] }) =>
  refused.map(({ setting }) => setting);

describe("the twin of the edge program", () => {
  it("applies what can be applied at once without a restart, and says what was refused", async () => {
    const { edge, city, acknowledged } = await startTown({ HEALTH_EVERY_S: "3600" });
    const none = await city.untilReported("it has reported itself", ({ rev }) => rev === null);
    const pid = edge.pid();

    await city.want(7, { HEALTH_EVERY_S: "10", LOG_LEVEL: "debug", TENANT: "other", READING_EVERY_S: "0.1", NO: "1" });
    const reported = await city.untilReported("it has decided", ({ rev }) => rev === 7);

    expect(none).toEqual({ ...NOTHING, boot: expect.any(String) });
    expect(reported).toMatchObject({ settings: { HEALTH_EVERY_S: "10", LOG_LEVEL: "debug" }, onTrial: false });
    expect(refusedOf(reported)).toEqual(["TENANT", "READING_EVERY_S", "NO"]);
    await until("it speaks of its health as often as it is told to", async () => (await acknowledged()) > 0, 30_000);
    expect(edge.pid()).toBe(pid);
    expect((await edge.status()).twin).toMatchObject({ rev: 7, settings: { LOG_LEVEL: "debug" } });

    await edge.kill();
    await edge.start();
    await city.want(8, {});
    await city.untilReported(
      "they are as installed again",
      ({ rev, settings }) => rev === 8 && !("LOG_LEVEL" in settings),
    );
  }, 90_000);

  it("ends itself cleanly where its supervisor starts it again, and waits for a person where there is none", async () => {
    const { edge, city, exits } = await startTown({ SUPERVISED: "true", ...TRIAL });
    await city.want(1, { OUTBOX_BYTES: "33554432" });
    await until("it has left", () => exits.length > 0, 30_000);
    expect(exits).toEqual([expect.stringContaining("left with 75")]);

    await edge.start();
    const supervised = await city.untilReported("it runs with them", ({ rev, onTrial }) => rev === 1 && !onTrial);
    expect(supervised).toMatchObject({ settings: { OUTBOX_BYTES: "33554432" }, refused: [] });

    const { edge: alone, city: theirs } = await startTown(TRIAL);
    await theirs.want(1, { OUTBOX_BYTES: "33554432" });
    const waiting = await theirs.untilReported("it waits", ({ rev }) => rev === 1);
    expect(waiting).toEqual({ ...NOTHING, rev: 1, needsRestart: true, boot: expect.any(String) });
    await alone.stop();
    await alone.start();
    const after = await theirs.untilReported(
      "it runs with them",
      ({ settings, onTrial }) => "OUTBOX_BYTES" in settings && !onTrial,
    );
    expect(after.needsRestart).toBeUndefined();
  }, 120_000);

  it("moves to another broker, or is back at the last good one where the new one does not answer", async () => {
    const { edge, city, token } = await startTown({ ...TRIAL, HEALTH_EVERY_S: "0.5" });
    const other = await startAedesBroker(await freePort(), token);
    const there = await connectCity({ url: other.url, tokenOf: () => token }, DEVICE);

    await city.want(1, { BROKER_URL: `mqtt://127.0.0.1:${await freePort()}`, LOG_LEVEL: "debug" });
    const returned = await city.untilReported("it is back", ({ rev, refused }) => rev === 1 && refused.length > 0);
    expect([returned.settings, returned.onTrial]).toEqual([{}, false]);
    expect(returned.refused[0]).toMatchObject({
      setting: "*",
      reason: expect.stringContaining("no connection within"),
    });

    const connections = (await edge.status()).uplink.connections;
    await city.want(1, { BROKER_URL: other.url });
    await city.want(2, { BROKER_URL: other.url });
    const moved = await there.untilReported("it is there", ({ rev, onTrial }) => rev === 2 && !onTrial);
    expect(moved).toMatchObject({ settings: { BROKER_URL: other.url }, refused: [] });
    expect((await edge.status()).uplink.connections).toBe(connections + 1);
    await until("its health goes there", () => other.received.some(({ topic }) => topic.endsWith("/d/health")));
  }, 90_000);

  it("starts with the last good settings when it dies again and again with the new ones", async () => {
    const { edge, city, folder } = await startTown({ SUPERVISED: "true" });
    await city.want(1, { PARTICLE_ASK: "true" });
    await until("it has left", () => edge.pid() === undefined, 30_000);
    // The program is killed before the broker has heard of it: as if it died at its start.
    const file = join(folder, "data", "twin", "settings.json");
    const kept = async () => JSON.parse(await readFile(file, "utf8"));
    expect(await kept()).toMatchObject({ trial: { proves: "run" }, unheard: { starts: 0 } });
    for (let i = 1; i <= 5; i += 1) {
      const before = await readFile(file, "utf8");
      const starting = edge.start().catch(() => {});
      await until("the start is counted", async () => (await readFile(file, "utf8")) !== before);
      await edge.kill();
      await starting;
    }

    await edge.start();
    const reported = await city.untilReported("it is back", ({ rev, refused }) => rev === 1 && refused.length > 0);

    expect([reported.settings, reported.onTrial]).toEqual([{}, false]);
    expect(reported.refused[0]?.reason).toContain("did not last over 5 starts");
  }, 120_000);

  it("restarts once in a trial, and decides on a flood of twins a few times and then on the newest", async () => {
    const { edge, city, exits } = await startTown({ SUPERVISED: "true", TWIN_TRIAL_MIN: "0.2" });
    await city.want(1, { PARTICLE_ASK: "true" });
    await until("it has left", () => exits.length === 1, 30_000);
    await edge.start();
    await city.untilReported("it runs with them", ({ rev, onTrial }) => rev === 1 && onTrial);

    await city.want(2, {});
    const waiting = await city.untilReported("it waits", ({ refused }) => refused.length > 0);
    expect(waiting).toMatchObject({
      rev: 1,
      refused: [{ reason: expect.stringContaining("waits: it needs a restart") }],
    });
    expect(exits).toHaveLength(1);
    await until("it has left for the newest, after the trial", () => exits.length === 2, 30_000);
    await edge.start();
    await city.untilReported("it runs as installed", ({ rev, settings }) => rev === 2 && !("PARTICLE_ASK" in settings));

    for (let rev = 3; rev <= 100; rev += 1) await city.want(rev, { HEALTH_EVERY_S: String(rev + 10) });
    const often = await city.untilReported("it waits", ({ refused }) =>
      refused.some((one) => one.reason.includes("too often")),
    );
    expect(often.rev).toBeLessThan(100);
    expect(new Set(city.reported.map(({ rev }) => rev)).size).toBeLessThan(12);
    await city.untilReported("the newest is taken", ({ rev }) => rev === 100, 90_000);
  }, 240_000);

  it("goes on whatever is wanted of it: no JSON, another version, an older one, and 10 MB of a broker without bounds", async () => {
    const folder = await tempFolder();
    const broker = await startAedesBroker(await freePort());
    const edge = await startTestEdge({ folder, brokerUrl: broker.url, ...DEVICE, settings: { HEALTH_EVERY_S: "0.2" } });
    const city = await connectCity(broker, DEVICE);
    const health = () => broker.received.filter(({ topic }) => topic.endsWith("/d/health")).length;
    const says = (reason: string) =>
      city.untilReported(reason, ({ refused }) => refused.some((one) => one.reason.includes(reason)));

    await city.want(5, { LOG_LEVEL: "warn" });
    await city.untilReported("rev 5", ({ rev }) => rev === 5);
    await city.wantBytes('{"v":1,"rev":');
    await says("is no JSON");
    await city.wantBytes(JSON.stringify({ v: 9, rev: 6, settings: {}, updates: [] }));
    await says("is not understood by this software");
    await city.want(4, {});
    await says("has rev 4, and 5 was decided on already");
    await city.wantBytes(Buffer.alloc(65_537, "x"));
    await says("at most 65536 are taken");
    const residentBefore = await edge.residentBytes();
    const { connections } = (await edge.status()).uplink;
    await city.wantBytes(Buffer.alloc(10_000_000, "["));
    const reported = await says("is a packet of 100000");
    const seen = health();
    await until("its health goes on over the same connection", () => health() > seen + 5);

    expect(reported).toMatchObject({ rev: 5, settings: { LOG_LEVEL: "warn" } });
    expect((await edge.status()).uplink.connections).toBe(connections + 1);
    expect((await edge.residentBytes()) - residentBefore).toBeLessThan(40_000_000);
    expect((await edge.status()).errors).toMatchObject({ "packet-too-large": 1 });
  }, 90_000);

  it("takes a twin that is broken on disk as none, and decides anew", async () => {
    const { edge, city, folder } = await startTown();
    await city.want(1, { LOG_LEVEL: "debug" });
    await city.untilReported("it has decided", ({ rev }) => rev === 1);
    await edge.stop();
    await appendFile(join(folder, "data", "twin", "settings.json"), "}");

    await edge.start();
    const { twin } = await until("it has decided again", async () => {
      const status = await edge.status();
      return status.twin.rev === 1 && status.twin.trouble === null ? status : undefined;
    });

    expect(twin).toMatchObject({ settings: { LOG_LEVEL: "debug" }, refused: [] });
  }, 60_000);

  it("takes nothing that it cannot keep, says so, and takes it by itself once the disk does", async () => {
    const folder = await tempFolder();
    const inTheWay = join(folder, "data", "twin");
    await mkdir(join(folder, "data"));
    await writeFile(inTheWay, "a file where the folder should be");
    const broker = await startAedesBroker(await freePort());
    const edge = await startTestEdge({ folder, brokerUrl: broker.url, ...DEVICE, settings: TRIAL });
    const city = await connectCity(broker, DEVICE);

    await city.want(1, { LOG_LEVEL: "debug" });
    const waiting = await city.untilReported("it waits", ({ refused }) => refused.length > 0);
    expect(waiting).toMatchObject({
      rev: null,
      refused: [{ setting: "*", reason: expect.stringContaining("waits: ") }],
    });
    expect(waiting.settings).toEqual({});
    await rm(inTheWay);
    const taken = await city.untilReported("it is taken", ({ rev }) => rev === 1);

    expect(taken).toMatchObject({ settings: { LOG_LEVEL: "debug" }, refused: [] });
    expect((await edge.status()).uplink.connections).toBe(1);
  }, 60_000);
});
