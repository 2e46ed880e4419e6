import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { TWIN_TABLES } from "../../../../cloud/fleet/twins/tables.ts";
import { membersOf } from "../../../../cloud/fleet/waves/rollout-book.ts";
import { GuardedFile } from "../../../../cloud/store/state/guarded-file.ts";
import { anUpdate, type TestUpdate } from "../../../support/signed-update.ts";
import { tempFolder } from "../../../support/temp-folder.ts";
import { HOUR_MS, openCare } from "./rollouts-fixture.ts";

const FLEET = Array.from({ length: 40 }, (_, n) => `post-${String(n).padStart(2, "0")}`);
const QUICK = { soakHours: 2, silentHours: 10 };

type Care = Awaited<ReturnType<typeof openCare>>;

async function begin(devices = FLEET, plan: object = QUICK) {
  const town = await openCare();
  const update = anUpdate();
  await town.upload(update);
  town.hear(devices);
  const answer = await town.care.rollouts.addRollout(town.order(update, plan));
  expect(answer.kind).toBe("done");
  return { town, update };
}

/** The devices that have it say that it is active, and are heard until the soak is over. */
function succeed({ town, update }: { readonly town: Care; readonly update: TestUpdate }, hours = 2): void {
  const wanted = town.wantedOf(update);
  town.report(wanted, update, "active");
  town.passHours(hours);
  town.hear(FLEET);
  town.care.round();
}

const statusOf = async (town: Care, { id }: TestUpdate) => await town.care.rollouts.rollout(id);

describe("a rollout", () => {
  it("goes from its first devices to all of them, as they prove well", async () => {
    const { town, update } = await begin();
    const first = town.wantedOf(update);
    succeed({ town, update });
    const second = town.wantedOf(update);
    succeed({ town, update });
    const third = town.wantedOf(update);
    succeed({ town, update });

    expect(first.length).toBeGreaterThanOrEqual(1);
    expect(second.length).toBeGreaterThanOrEqual(first.length);
    expect(second.length).toBeLessThan(20);
    expect(third).toEqual(FLEET);
    expect(await statusOf(town, update)).toMatchObject({
      status: "done",
      wave: 3,
      devices: 40,
      members: 40,
      counts: { well: 40 },
      software: { "0.1.0": 40 },
    });
  });

  it("waits while nobody has heard of those that have it", async () => {
    const { town, update } = await begin();
    const first = town.wantedOf(update);

    town.passHours(200);
    town.care.round();

    expect(town.wantedOf(update)).toEqual(first);
    expect(await statusOf(town, update)).toMatchObject({
      status: "running",
      why: "0 of 1 results are here that are needed",
    });
  });

  it("is stopped by a failure in its first wave, taken from those that have not switched, and says why", async () => {
    const { town, update } = await begin(FLEET, { ...QUICK, waves: [25, 100], failurePercent: 20 });
    const [failed, other, tried, ...rest] = town.wantedOf(update);
    town.report([failed ?? "", other ?? ""], update, "returned", "the model answers nonsense");
    town.report([tried ?? ""], update, "trial");
    town.report(rest, update, "downloading");

    town.care.round();

    expect(town.wantedOf(update)).toEqual([tried]);
    const status = await statusOf(town, update);
    expect(status).toMatchObject({
      status: "stopped",
      why: "2 devices of the first wave have failed",
      reasons: [{ standing: "returned", reason: "the model answers nonsense", devices: 2 }],
    });
    expect(status?.list.slice(0, 2).map(({ device }) => device)).toEqual([failed, other]);
    expect(status?.endedAt).not.toBeNull();
  });

  it("is stopped by devices that count far more errors since they have switched", async () => {
    const { town, update } = await begin(FLEET, { ...QUICK, waves: [25, 100] });
    const [one = "", other = "", ...rest] = town.wantedOf(update);
    town.report([one, other, ...rest], update, "active");

    town.passHours(11);
    town.hear(rest, { upMs: 12 * HOUR_MS, errors: 20 });
    town.hear([one, other], { upMs: 12 * HOUR_MS, errors: 500 });
    town.care.round();

    expect(await statusOf(town, update)).toMatchObject({ status: "stopped", counts: { unwell: 2, well: rest.length } });
  });

  it("counts a device whose trial met no link and that waits for another one as nothing, and watches it anew after that", async () => {
    const { town, update } = await begin(FLEET, { ...QUICK, waves: [25, 100] });
    const [first = "", second = "", ...rest] = town.wantedOf(update);
    const roundAfter = async (hours: number) => {
      town.passHours(hours);
      town.hear(rest);
      town.hear([first, second]);
      town.care.round();
      return await statusOf(town, update);
    };
    town.report([first, second], update, "trial");
    expect(await roundAfter(0)).toMatchObject({ counts: { trial: 2 } });
    town.report([first, second], update, "waiting", "within 900 s it was not proven: no connection");

    expect(await roundAfter(1)).toMatchObject({ status: "running", counts: { waiting: 2 } });
    town.report([first, second], update, "active");
    expect(await roundAfter(0)).toMatchObject({ status: "running", counts: { unproven: 2 } });
    expect(await roundAfter(1)).toMatchObject({ status: "running", counts: { well: 2 } });
  });

  it("is stopped by errors of a program that an update has started anew on machines that run for a month", async () => {
    const month = 30 * 24 * HOUR_MS;
    const town = await openCare();
    const update = anUpdate();
    await town.upload(update);
    town.hear(FLEET, { upMs: month, errors: 100 });
    await town.care.rollouts.addRollout(town.order(update, { ...QUICK, waves: [100] }));
    town.report(FLEET, update, "active");
    town.care.round();

    town.passHours(2.1);
    town.hear(FLEET, { upMs: month + 2.1 * HOUR_MS, countedFromMs: month + 60_000, errors: 200 });
    town.care.round();

    expect(await statusOf(town, update)).toMatchObject({ status: "stopped", counts: { unwell: 40 } });
  });

  it("is stopped by errors since a model was switched to, whatever the program counted in the month before", async () => {
    const month = 30 * 24 * HOUR_MS;
    const { town, update } = await begin(FLEET, { ...QUICK, waves: [100] });
    town.hear(FLEET, { upMs: month, errors: 100 });
    town.report(FLEET, update, "active");
    town.care.round();

    town.passHours(2.1);
    town.hear(FLEET, { upMs: month + 2.1 * HOUR_MS, errors: 300 });
    town.care.round();

    expect(await statusOf(town, update)).toMatchObject({ status: "stopped", counts: { unwell: 40 } });
  });

  it("blames no device for errors of which it does not say since when it counts them", async () => {
    const { town, update } = await begin(FLEET, { ...QUICK, waves: [100] });
    town.report(FLEET, update, "active");
    town.care.round();

    town.passHours(2.1);
    town.hear(FLEET, { upMs: 400 * HOUR_MS, countedFromMs: null, errors: 300 });
    town.care.round();

    expect(await statusOf(town, update)).toMatchObject({ status: "done", counts: { well: 40 } });
  });

  it("is held while trucks are off from Friday to Monday, and goes on with them", async () => {
    const town = await openCare();
    const update = anUpdate();
    await town.upload(update);
    town.hear(FLEET);
    await town.care.rollouts.addRollout(town.order(update, { waves: [30, 100] }));
    const first = town.wantedOf(update);
    town.report(first, update, "active");
    town.passHours(3);
    town.hear(FLEET);
    town.care.round();

    town.passHours(60);
    town.care.round();
    const weekend = await statusOf(town, update);
    town.hear(FLEET);
    town.care.round();

    expect(weekend).toMatchObject({
      status: "running",
      wave: 1,
      why: expect.stringContaining(`${first.length} of ${first.length} are silent`),
    });
    expect(await statusOf(town, update)).toMatchObject({ status: "running", wave: 2 });
    expect(town.wantedOf(update)).toEqual(FLEET);
  });

  it("does not wait for devices that are gone or revoked, and gives it to those that come back", async () => {
    const town = await openCare();
    const update = anUpdate();
    await town.upload(update);
    const [gone, stolen, here] = [FLEET.slice(0, 20), FLEET.slice(20, 25), FLEET.slice(25)];
    town.hear(FLEET);
    town.passHours(31 * 24);
    town.hear([...stolen, ...here]);
    town.revoke(stolen);
    await town.care.rollouts.addRollout(town.order(update, { ...QUICK, waves: [100] }));
    town.report(here, update, "active");
    town.passHours(2);
    town.hear(here);
    town.care.round();

    expect(await statusOf(town, update)).toMatchObject({ status: "done", counts: { well: 15, away: 20 }, devices: 35 });
    expect(town.wantedOf(update)).toEqual([...gone, ...here]);
    town.enrolAgain(stolen);
    town.care.round();
    town.passHours(1);
    town.care.round();
    expect(town.wantedOf(update)).toEqual(FLEET);
  });

  it("reaches a device that was away for a month, and one that is new, once it is done", async () => {
    const { town, update } = await begin();
    for (let wave = 0; wave < 3; wave += 1) succeed({ town, update });
    expect((await statusOf(town, update))?.status).toBe("done");

    town.passHours(11);
    town.hear(FLEET);
    town.passHours(30 * 24);
    town.hear(["new-1"]);
    town.care.round();

    expect(town.wantedOf(update)).toEqual(["new-1", ...FLEET]);
  });

  it("is still stopped by too many failures after its last wave", async () => {
    const { town, update } = await begin();
    for (let wave = 0; wave < 3; wave += 1) succeed({ town, update });

    town.report(FLEET.slice(0, 10), update, "returned", "health");
    town.care.round();

    expect(await statusOf(town, update)).toMatchObject({ status: "stopped", counts: { returned: 10, well: 30 } });
  });

  it("ends where a newer counter begins, and those that run the older keep it until they are given the newer", async () => {
    const { town, update } = await begin(FLEET, { ...QUICK, waves: [50, 100] });
    const [ran = "", ...waited] = town.wantedOf(update);
    town.report([ran], update, "active");
    const newer = anUpdate({ counter: 2 });
    await town.upload(newer);

    await town.care.rollouts.addRollout(town.order(newer, { ...QUICK, waves: [1, 100] }));

    expect(await statusOf(town, update)).toMatchObject({ status: "superseded", why: "counter 2 has taken its place" });
    const given = town.wantedOf(newer);
    expect(given.length).toBeGreaterThanOrEqual(1);
    expect(town.wantedOf(update)).toEqual(given.includes(ran) ? [] : [ran]);
    expect(waited.length).toBeGreaterThan(0);
  });

  it("is begun, paused, resumed and stopped while nobody can tell how the devices are", async () => {
    const { town, update } = await begin(FLEET, { ...QUICK, waves: [50, 100] });
    const [ran = "", ...waiting] = town.wantedOf(update);
    town.report([ran], update, "active");
    town.care.round();
    const next = anUpdate({ name: "other" });
    await town.upload(next);
    const back = town.hideDevices();
    const { rollouts } = town.care;

    const steps = ["pause", "resume", "stop"] as const;
    const answers = [];
    for (const one of steps) answers.push(await rollouts.stepRollout(update.id, one));
    const added = await rollouts.addRollout(town.order(next));

    const statuses = answers.map((answer) => (answer.kind === "done" ? answer.rollout.status : answer.kind));
    expect(statuses).toEqual(["paused", "running", "stopped"]);
    expect(await statusOf(town, update)).toMatchObject({
      status: "stopped",
      counts: { unproven: 1, unheard: waiting.length },
    });
    expect(town.wantedOf(update)).toEqual([ran]);
    expect(added.kind).toBe("done");
    expect(town.wantedOf(next)).toEqual([]);
    back();
    town.care.round();
    expect(town.wantedOf(next)).toHaveLength(1);
  });

  it("is not ended for other tenants by a newer counter for some", async () => {
    const { town, update } = await begin(FLEET, { ...QUICK, tenants: ["chel", "kopeysk"] });
    const newer = anUpdate({ counter: 2 });
    await town.upload(newer);
    const add = (tenants: readonly string[] | undefined) =>
      town.care.rollouts.addRollout(town.order(newer, { ...QUICK, ...(tenants && { tenants }) }));

    expect(await add(["kopeysk"])).toMatchObject({
      kind: "conflict",
      reason: expect.stringContaining("counter 1 is on its way to chel, kopeysk"),
    });
    expect((await statusOf(town, update))?.status).toBe("running");
    expect((await add(["kopeysk", "chel", "miass"])).kind).toBe("done");
    expect((await statusOf(town, update))?.status).toBe("superseded");
  });

  it("sees a device whose card was written anew begin from before", async () => {
    const { town, update } = await begin(["post-00"]);
    town.report(["post-00"], update, "active");
    town.care.round();
    town.passHours(100);
    for (const stage of ["downloading", "active"] as const) {
      town.report(["post-00"], update, stage);
      town.care.round();
    }

    expect((await statusOf(town, update))?.counts).toEqual({ unproven: 1 });
  });

  it("is paused, resumed and stopped by the administrator, each as often as one likes", async () => {
    const { town, update } = await begin();
    const { rollouts } = town.care;
    const step = async (wanted: "pause" | "resume" | "stop") => {
      const answer = await rollouts.stepRollout(update.id, wanted);
      return answer.kind === "done" ? answer.rollout.status : answer.kind;
    };

    expect([await step("pause"), await step("pause")]).toEqual(["paused", "paused"]);
    const first = town.wantedOf(update);
    succeed({ town, update });
    expect(town.wantedOf(update)).toEqual(first);
    expect(await step("resume")).toBe("running");
    expect((await statusOf(town, update))?.wave).toBe(2);
    expect([await step("stop"), await step("stop"), await step("resume")]).toEqual(["stopped", "stopped", "conflict"]);
    expect(town.wantedOf(update)).toEqual(first);
    expect(await rollouts.stepRollout("a".repeat(64), "stop")).toEqual({ kind: "unknown" });
  });

  it("goes on where it was when its thread is ended between any two steps", async () => {
    const { town, update } = await begin();
    for (let wave = 0; wave < 3; wave += 1) {
      await town.reopen();
      town.care.round();
      succeed({ town, update });
      const [wanted, status] = [town.wantedOf(update), await statusOf(town, update)];
      await town.reopen();
      town.care.round();
      expect(town.wantedOf(update)).toEqual(wanted);
      expect({ ...(await statusOf(town, update)), why: "" }).toEqual({ ...status, why: "" });
    }
    expect(await statusOf(town, update)).toMatchObject({ status: "done", counts: { well: 40 } });
  });

  it("leaves settings alone, and settings leave it alone", async () => {
    const { town, update } = await begin(["post-00"]);
    const address = { tenant: "chel", device: "post-00" };
    const { rev } = await town.care.twins.twin(address);

    await town.care.twins.putTwin({ ...address, settings: { LOG_LEVEL: "debug" }, ifRev: rev });
    await town.care.rollouts.stepRollout(update.id, "stop");

    expect(await town.care.twins.twin(address)).toMatchObject({ settings: { LOG_LEVEL: "debug" }, updates: [] });
  });

  it("of a model is for devices that have one, of the tenants that are named", async () => {
    const town = await openCare();
    const update = anUpdate({ kind: "model", name: "waste-site" });
    await town.upload(update);
    town.hear(["air-1"]);
    town.hear(["truck-1"], { model: "a".repeat(64) });

    await town.care.rollouts.addRollout(town.order(update, { waves: [100] }));

    expect(town.wantedOf(update)).toEqual(["truck-1"]);
    expect(await statusOf(town, update)).toMatchObject({ devices: 1, members: 1 });
  });
});

describe("a file of rollouts from before tallies were kept", () => {
  it("is brought up when it is opened, with its devices", async () => {
    const file = join(await tempFolder(), "twins.db");
    const old = new DatabaseSync(file);
    old.exec(`${TWIN_TABLES.tables.replace("tally TEXT,", "")} PRAGMA user_version = 1;
      INSERT INTO members (id, tenant, device, given_at) VALUES ('one', 'chel', 'post-1', 5)`);
    old.close();

    const opened = new GuardedFile(file, TWIN_TABLES, "away");
    onTestFinished(() => opened.close());

    expect(opened.use((sql) => membersOf(sql, "one"))).toMatchObject([{ device: "post-1", givenAt: 5, tally: null }]);
  });
});

describe("an update", () => {
  it("is refused early where devices would refuse it, with what to do", async () => {
    const town = await openCare();
    const add = async (update: TestUpdate, plan: object = {}) =>
      await town.care.rollouts.addRollout(town.order(update, plan));
    const update = anUpdate();

    expect(await add(update)).toMatchObject({
      kind: "invalid",
      reason: expect.stringContaining("upload these files first: bundle.tar.gz"),
    });
    await town.upload(update);
    const forged = { ...update, signed: { ...update.signed, sig: `A${update.signed.sig.slice(1)}` } };
    expect(await add(forged)).toMatchObject({ kind: "invalid", reason: expect.stringContaining("signature") });
    const stranger = { ...update, signed: { ...update.signed, key: "A".repeat(43) } };
    expect(await add(stranger)).toMatchObject({ kind: "invalid", reason: expect.stringContaining("UPDATE_KEYS") });
    const late = anUpdate({ expiresAt: 1 }, update.file);
    expect(await add(late)).toMatchObject({ kind: "invalid", reason: expect.stringContaining("expired") });
    expect(await add(update)).toMatchObject({ kind: "done" });
    expect(await add(update)).toMatchObject({ kind: "done" });
    expect(await add(update, { soakHours: 1 })).toMatchObject({ kind: "conflict" });
    const same = anUpdate({ version: "1.5.0" }, update.file);
    expect(await add(same)).toMatchObject({ kind: "conflict", reason: expect.stringContaining("has had counter 1") });
    expect(await town.care.rollouts.rollouts()).toHaveLength(1);
  });

  it("keeps its files from being removed while it is on its way", async () => {
    const { town, update } = await begin();
    const { rollouts } = town.care;

    expect(await rollouts.removeArtefact(update.sha256)).toBe("in-use");
    await rollouts.stepRollout(update.id, "stop");

    expect(await rollouts.removeArtefact(update.sha256)).toBe("removed");
    expect(await rollouts.removeArtefact(update.sha256)).toBe("missing");
    expect(await town.artefacts.size(update.sha256)).toBeUndefined();
  });

  it("of a fifth name is not taken: a device is told of four", async () => {
    const town = await openCare();
    const answers = [];
    for (const name of ["one", "two", "three", "four", "five"]) {
      const update = anUpdate({ name });
      await town.upload(update);
      answers.push((await town.care.rollouts.addRollout(town.order(update))).kind);
    }

    expect(answers).toEqual(["done", "done", "done", "done", "conflict"]);
  });
});
