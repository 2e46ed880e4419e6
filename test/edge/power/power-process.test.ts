import { execFileSync } from "node:child_process";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decode } from "#contract/codec.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge } from "../../support/test-edge.ts";
import { until } from "../../support/until.ts";
import { type AedesBroker, startAedesBroker } from "../support/aedes-broker.ts";
import { createFakeMachine, putBattery } from "./support/fake-machine.ts";

const messagesIn = (broker: AedesBroker) =>
  broker.received
    .filter(({ topic }) => topic.includes("/d/"))
    .map(({ topic, payload }) => decode(topic, payload).message);

const countOf = (broker: AedesBroker, kind: string) =>
  messagesIn(broker).filter((message) => message.kind === kind).length;

/** A climate sensor of the kernel, so that there are readings. */
async function putClimate(folder: string): Promise<string> {
  const device = join(folder, "iio", "iio:device0");
  await mkdir(device, { recursive: true });
  await writeFile(join(device, "name"), "bme280\n");
  await writeFile(join(device, "in_temp_input"), "21500\n");
  return join(folder, "iio");
}

describe("the program on a device with little power", () => {
  it("measures and sends less when the battery runs down, tells of it at once, loses nothing, and recovers by itself", async () => {
    const folder = await tempFolder();
    const machine = await createFakeMachine(folder);
    await putBattery(machine, 90);
    const photos = join(folder, "photos");
    await mkdir(photos);
    await writeFile(join(photos, "a.jpg"), await drawSite({ seed: 1, state: "clean" }));
    const broker = await startAedesBroker(await freePort());
    const edge = await startTestEdge({
      folder,
      brokerUrl: broker.url,
      settings: {
        SYS_DIR: machine.sysDir,
        IIO_DIR: await putClimate(folder),
        POWER_PROFILE: "solar",
        POWER_EVERY_S: "0.05",
        READING_EVERY_S: "0.1",
        HEALTH_EVERY_S: "0.3",
        CAMERA_FOLDER: photos,
      },
    });
    await until("readings come", () => countOf(broker, "reading") >= 3);

    await putBattery(machine, 5);
    await until("the alert comes at once", () => countOf(broker, "alert") === 1);
    const saving = await edge.status();
    const refused = await edge.shoot("s-1", "before");
    await until("something waits", async () => (await edge.status()).outbox.total >= 3, 60_000);
    const held = countOf(broker, "reading");
    const isStillHeld = (await edge.status()).outbox.total >= 3 && countOf(broker, "reading") === held;

    await machine.remove("class/power_supply");
    await machine.write("class/power_supply/bat/type", "Battery");
    await machine.write("class/power_supply/bat/capacity", "many");
    expect((await edge.status()).power.duty.stretch).toBe(10);
    await putBattery(machine, 90, "Charging");
    await until("it does as before", async () => (await edge.status()).power.duty.reason === "nothing to save");
    await until("what waited is sent", () => countOf(broker, "reading") >= held + 5);
    const shot = await edge.shoot("s-1", "before");
    await edge.close();

    expect(saving.power.duty).toMatchObject({ stretch: 10, burstMs: 3_600_000, isCameraAllowed: false });
    expect(saving.power.duty.reason).toMatch(/battery is low \(5 %\)/);
    expect(isStillHeld).toBe(true);
    expect(refused).toMatchObject({ status: 503, body: { code: "camera-unavailable" } });
    expect(shot.status).toBe(200);
    const seqs = [...new Set(messagesIn(broker).map(({ seq }) => seq))].sort((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    expect(messagesIn(broker).find(({ kind }) => kind === "alert")).toMatchObject({
      what: "power",
      reason: "battery-empty",
      chargePercent: 5,
    });
  }, 120_000);

  it("tells of a weak supply once, however often the firmware says it and the device is cut off meanwhile", async () => {
    const folder = await tempFolder();
    const machine = await createFakeMachine(folder);
    await machine.throttle("throttled=0x0");
    const broker = await startAedesBroker(await freePort());
    const edge = await startTestEdge({
      folder,
      brokerUrl: broker.url,
      settings: {
        SYS_DIR: machine.sysDir,
        PATH: `${machine.binDir}:${process.env.PATH}`,
        POWER_EVERY_S: "0.05",
        HEALTH_EVERY_S: "0.5",
      },
    });

    for (let i = 0; i < 3; i += 1) {
      await machine.throttle("throttled=0x50005");
      await until("it does less", async () => (await edge.status()).power.duty.stretch === 2);
      await machine.throttle("throttled=0x50000");
      await edge.kill();
      await edge.start();
    }
    await until("it is told", () => countOf(broker, "alert") > 0);
    const healths = countOf(broker, "health");
    await until("it speaks on", () => countOf(broker, "health") >= healths + 2);

    expect(new Set(messagesIn(broker).flatMap(({ kind, seq }) => (kind === "alert" ? [seq] : []))).size).toBe(1);
    expect((await edge.status()).power).toMatchObject({
      facts: { isUndervolted: false, sinceBoot: ["undervoltage", "throttled"] },
    });
  }, 120_000);

  it("starts and works on with a gauge that hangs, and says so", async () => {
    const folder = await tempFolder();
    const machine = await createFakeMachine(folder);
    await putBattery(machine, 90);
    const gauge = join(machine.sysDir, "class", "power_supply", "bat", "capacity");
    await rm(gauge);
    execFileSync("mkfifo", [gauge]);
    const broker = await startAedesBroker(await freePort());
    const edge = await startTestEdge({
      folder,
      brokerUrl: broker.url,
      settings: { SYS_DIR: machine.sysDir, POWER_EVERY_S: "0.05", HEALTH_EVERY_S: "0.3" },
    });

    await until("it speaks on", () => countOf(broker, "health") >= 8, 60_000);
    const { power, errors } = await edge.status();
    // The read that hangs ends once the gauge is another one: the next finds a file, not the pipe again.
    const writer = await open(gauge, "r+");
    await rm(gauge);
    await putBattery(machine, 88);
    await writer.close();
    await until("it is read again", async () =>
      JSON.stringify((await edge.status()).power).includes('"chargePercent":88'),
    );

    expect(power).toMatchObject({ facts: { chargePercent: null } });
    expect(errors["power-hung"]).toBe(1);
  }, 120_000);
});
