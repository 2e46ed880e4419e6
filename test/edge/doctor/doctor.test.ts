import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { probeOverlays, sensorsIn } from "../../../edge/doctor/probe-overlays.ts";
import { freePort } from "../../support/free-port.ts";
import { ROOT } from "../../support/program.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge, type TestEdge } from "../../support/test-edge.ts";
import { until } from "../../support/until.ts";
import { startAedesBroker } from "../support/aedes-broker.ts";

const Told = z.object({
  todo: z.number(),
  findings: z.array(z.object({ part: z.string(), code: z.string(), what: z.string(), todo: z.string().nullable() })),
});

/** Runs the doctor as an engineer would. */
async function runDoctor(settings: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const { PATH, HOME } = process.env;
  const environment = { PATH, HOME, LANG: "C.UTF-8", ...settings };
  return await new Promise<{ code: number; text: string; complaints: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, "edge/doctor/doctor-main.ts"), ...args],
      { cwd: ROOT, env: environment },
      (_error, text, complaints) => resolve({ code: child.exitCode ?? -1, text, complaints }),
    );
  });
}

async function codesOf(settings: Readonly<Record<string, string>>) {
  const { text, code } = await runDoctor(settings, ["--json"]);
  const { findings } = Told.parse(JSON.parse(text));
  return { code, codes: findings.map((finding) => finding.code) };
}

async function aDevice(change: Readonly<Record<string, string>> = {}) {
  const folder = await tempFolder();
  const settings = {
    TENANT: "demo",
    DEVICE: "device-1",
    TOKEN: "0123456789abcdef",
    BROKER_URL: `mqtt://127.0.0.1:${await freePort()}`,
    DATA_DIR: join(folder, "data"),
    IIO_DIR: join(folder, "no-iio"),
    SYS_DIR: join(folder, "no-sys"),
    CLOCK: "ntp",
    ...change,
  };
  return { folder, settings };
}

/** Where the doctor finds the agent. */
const at = (edge: TestEdge) => ({ HTTP_PORT: new URL(edge.url).port });

describe("edge doctor", () => {
  it("tells what the running agent finds, how far the connection gets, and what to do", async () => {
    const { folder, settings } = await aDevice({ SDS011: "serial:/dev/no-such-line" });
    const edge = await startTestEdge({ folder, brokerUrl: settings.BROKER_URL, settings });
    const asked = { ...settings, ...at(edge) };

    const { code, text } = await runDoctor(asked);
    const russian = await runDoctor(asked, ["--lang", "ru"]);

    expect(code).toBe(1);
    expect(text).toMatch(/^ {2}ok {6}agent +it runs/m);
    expect(text).toMatch(/^ {2}TROUBLE sensor sds011 +.*check its cable/m);
    expect(text).toMatch(/^ {2}TROUBLE broker +127\.0\.0\.1:\d+ takes no connection; check the port/m);
    expect(russian.text).toMatch(/^ {2}TROUBLE датчик sds011 +.*проверьте кабель/m);
    expect(russian.code).toBe(1);
  }, 60_000);

  it("says that all is well, and exits with 0", async () => {
    const broker = await startAedesBroker(await freePort());
    const { folder, settings } = await aDevice({ BROKER_URL: broker.url });
    const edge = await startTestEdge({ folder, brokerUrl: broker.url, settings });
    await until("it is connected", async () => (await edge.status()).uplink.connected);

    const { code, text } = await runDoctor({ ...settings, ...at(edge), LANG: "ru_RU.UTF-8" });

    expect(text).toMatch(/Всё в порядке\.$/m);
    expect(code).toBe(0);
  }, 60_000);

  it("looks itself where the agent does not run: folders, lines, outbox, and whether the broker lets the device in", async () => {
    const broker = await startAedesBroker(await freePort(), "another-token-0123");
    const { folder, settings } = await aDevice({ BROKER_URL: broker.url, SDS011: "serial:/dev/no-such-line" });
    const edge = await startTestEdge({ folder, brokerUrl: broker.url, settings });
    await edge.kill();

    const refused = await codesOf({ ...settings, ...at(edge) });
    const letIn = await codesOf({ ...settings, ...at(edge), TOKEN: "another-token-0123" });

    expect(refused.code).toBe(1);
    expect(refused.codes).toEqual(
      expect.arrayContaining([
        "agent-away",
        "sensor-lost",
        "rights-no-device",
        "outbox-well",
        "broker-refuses",
        "runs-killed",
        "disk-well",
      ]),
    );
    expect(letIn.codes).toContain("broker-lets-in");
  }, 60_000);

  it.each([
    ["a name that nobody knows", "mqtts://broker.invalid:8883", "broker-no-name"],
    ["a broker that speaks no TLS", undefined, "broker-no-tls"],
  ])(
    "says how far the connection gets: %s",
    async (_name, url, expected) => {
      const plain = await startAedesBroker(await freePort());
      const { settings } = await aDevice({ BROKER_URL: url ?? plain.url.replace("mqtt:", "mqtts:") });

      expect((await codesOf({ ...settings, HTTP_PORT: String(await freePort()) })).codes).toContain(expected);
    },
    60_000,
  );

  it("names each wrong setting and where it stands", async () => {
    const { folder, settings } = await aDevice();
    const file = join(folder, "edge.env");
    await writeFile(
      file,
      Object.entries({ ...settings, DEVICE: "Truck 17" })
        .map(([key, value]) => `${key}=${value}`)
        .join("\n"),
    );

    const { code, text } = await runDoctor({}, ["--settings", file]);

    expect(code).toBe(1);
    expect(text).toMatch(/TROUBLE settings[\s\S]*DEVICE/);
    expect(text).toContain(file);
  }, 60_000);

  it("explains itself, and says what it does not understand", async () => {
    expect((await runDoctor({}, ["--help"])).text).toMatch(/Exit code: 0 all is well/);
    expect(await runDoctor({}, ["--lang", "fr"])).toMatchObject({
      code: 2,
      complaints: expect.stringContaining("ru and en"),
    });
    expect((await runDoctor({}, ["--all"])).code).toBe(2);
  }, 60_000);
});

describe("sensorsIn", () => {
  it("finds the sensors that config.txt names", () => {
    const text =
      "dtparam=i2c_arm=on\ndtoverlay=i2c-sensor,bme280,addr=0x77\n# dtoverlay=i2c-sensor,sht3x\n dtoverlay=i2c-sensor,i2c5,sps30\ndtoverlay=uart3\n";

    expect(sensorsIn(text)).toEqual(["bme280", "sps30"]);
  });
});

describe("probeOverlays", () => {
  it("reads what config.txt includes, as provision lays it, and ends at a file that includes itself", async () => {
    const partition = await tempFolder();
    const file = join(partition, "config.txt");
    await mkdir(join(partition, "dvornik"));
    await writeFile(file, "[all]\ninclude dvornik/config.txt\n");
    await writeFile(join(partition, "dvornik/config.txt"), "dtoverlay=i2c-sensor,bme280\ninclude dvornik/config.txt\n");

    const missing = await probeOverlays([], [file]);
    const well = await probeOverlays(["bme280"], [file]);

    expect(missing[0]).toMatchObject({ code: "overlays-missing", values: { overlay: "bme280" } });
    expect(well.map(({ code }) => code)).toEqual(["overlays-well"]);
  });
});
