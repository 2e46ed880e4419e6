import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stdout } from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { decode } from "#contract/codec.ts";
import { drawSite } from "../../models/samples/drawn-site.ts";
import { freePort } from "../support/free-port.ts";
import { ROOT } from "../support/program.ts";
import { maySmallDisk, mountSmallDisk } from "../support/small-disk.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestEdge, type TestEdge } from "../support/test-edge.ts";
import { until } from "../support/until.ts";
import { fakePrograms, STILL_PROGRAM } from "./camera/support/fake-programs.ts";
import { sds011Bytes } from "./sensors/sds011-bytes.ts";
import { openTerminalLine } from "./sensors/test-line.ts";
import { startAedesBroker } from "./support/aedes-broker.ts";

/** `rpicam-still` that fails in the way that the file `mode` names. */
const BAD_STILL = `
mode=$(cat "$HERE/mode")
[ "$1" = --list-cameras ] && [ "$mode" = gone ] && { echo 'No cameras available!'; exit 0; }
if [ "$1" != --list-cameras ]; then
  case $mode in
    gone) echo 'ERROR: *** no cameras available ***' >&2; exit 255;;
    silent) exit 0;;
    endless) exec head -c 500000000 /dev/zero;;
    truncated) scene=$(next); exec head -c 2000 "$scene";;
    hanging) exec sleep 600;;
  esac
fi
${STILL_PROGRAM}`;

/** `libcamera-still` whose photo has no end: it goes into the file that it was told, as long as the disk takes it. */
const FILLING_STILL = `
if [ "$1" != --list-cameras ] && [ -e "$HERE/filling" ]; then
  while [ $# -gt 0 ]; do [ "$1" = --output ] && out=$2; shift; done
  head -c 500000000 /dev/zero > "$out" || { echo 'ERROR: *** failed to write file - output probably corrupt ***' >&2; exit 255; }
fi
${STILL_PROGRAM}`;

const Findings = z.object({ findings: z.array(z.looseObject({ part: z.string(), code: z.string() })) });

/** The code of what is found of a part now. */
async function codeOf(edge: TestEdge, part: string): Promise<string | undefined> {
  const { findings } = Findings.parse(await (await fetch(`${edge.url}/findings`)).json());
  return findings.find((finding) => finding.part === part)?.code;
}

interface Row {
  readonly fault: string;
  readonly reported: string;
  readonly counted: string;
  readonly after: string;
}

/** What breaks, how it is to be told of, and how it is mended. */
interface Fault {
  readonly fault: string;
  readonly part: string;
  /** The code of the finding, or the status and code that a shot is answered with. */
  readonly expected: string;
  /** As right as the other: which of the two comes first is the disk's affair. */
  readonly or?: string;
  /** The counter that health tells of, where there is one. */
  readonly counter?: string;
  readonly breakIt: () => unknown;
  readonly mend: () => unknown;
  /** Shots are how a camera's faults show. */
  readonly isShot?: boolean;
}

function printTable(title: string, rows: readonly Row[]): void {
  const line = ({ fault, reported, counted, after }: Row) =>
    `  ${fault.padEnd(38)} ${reported.padEnd(30)} ${counted.padEnd(22)} ${after}`;
  const head: Row = { fault: "fault", reported: "reported as", counted: "counted in health as", after: "afterwards" };
  stdout.write(`\n${title}\n${[head, ...rows].map(line).join("\n")}\n`);
}

/** Goes through faults one after another on one running program. */
async function goThrough(
  edge: TestEdge,
  faults: readonly Fault[],
  wellCode: (part: string) => string,
  isTold: (part: string, code: string) => boolean = () => true,
): Promise<Row[]> {
  const pid = edge.pid();
  const rows: Row[] = [];
  for (const { fault, part, expected, or = expected, counter, breakIt, mend, isShot = false } of faults) {
    const before = (await edge.status()).errors;
    await breakIt();
    let reported = "";
    if (isShot) {
      const { status, body } = await edge.shoot("s-1", "before");
      reported = status === 422 ? `${status} ${String(body.code)}` : ((await codeOf(edge, part)) ?? "");
    } else {
      await until(`${fault} is found as ${expected}`, async () => (await codeOf(edge, part)) === expected, 40_000);
      reported = expected;
    }
    expect([expected, or], fault).toContain(reported);
    if (counter !== undefined) {
      const more = async () => ((await edge.status()).errors[counter] ?? 0) > (before[counter] ?? 0);
      await until(`${fault} is counted as ${counter}`, more, 20_000);
    }
    await until(`health tells of ${fault}`, () => isTold(part, reported), 20_000);
    await mend();
    if (isShot) expect((await edge.shoot("s-1", "before")).status).toBe(200);
    await until(`${part} is well after ${fault}`, async () => (await codeOf(edge, part)) === wellCode(part), 60_000);
    expect(edge.pid(), `${fault} ended the program`).toBe(pid);
    rows.push({ fault, reported, counted: counter ?? "", after: "well again, same process" });
  }
  return rows;
}

const wellCode = (part: string): string => (part.startsWith("sensor ") ? "sensor-well" : `${part}-well`);

describe("bad hardware at the real program: all reported, none fatal", () => {
  it("sensors: noise, half frames, wrong checksums, a stuck value, silence, a plug that is pulled, sysfs that vanishes", async () => {
    const folder = await tempFolder();
    const device = join(folder, "iio", "iio:device0");
    await mkdir(device, { recursive: true });
    await writeFile(join(device, "name"), "bme280\n");
    const line = await openTerminalLine();
    const frame = (tenths: number) => sds011Bytes({ pm25Tenths: tenths, pm10Tenths: 2 * tenths, id: 1 });
    let tenths = 120;
    let isSteady = false;
    const breathe = () => {
      if (!isSteady) tenths = 100 + ((tenths + 1) % 50);
      return frame(tenths);
    };
    let speak: () => Uint8Array | undefined = breathe;
    const wrong = () => Buffer.from(frame(9999)).fill(0x55, 5, 6);
    const wellFiles = (n: number) => [
      writeFile(join(device, "in_temp_input"), `${20_000 + n}\n`),
      writeFile(join(device, "in_humidityrelative_input"), `${40_000 + n}\n`),
    ];
    await Promise.all(wellFiles(0));
    let hasFiles = true;
    let ticks = 0;
    const talking = setInterval(() => {
      const bytes = speak();
      if (bytes !== undefined) line.send(bytes);
      ticks += 1;
      // The air changes, or the climate sensor would be as stuck as the other.
      if (hasFiles) void Promise.all(wellFiles(ticks % 1000)).catch(() => {});
    }, 100);
    onTestFinished(() => clearInterval(talking));
    const broker = await startAedesBroker(await freePort());
    const edge = await startTestEdge({
      folder,
      brokerUrl: broker.url,
      settings: {
        SDS011: line.address,
        IIO_DIR: join(folder, "iio"),
        READING_EVERY_S: "0.25",
        HEALTH_EVERY_S: "0.5",
        NODE_OPTIONS: `--import=${join(ROOT, "test/support/clock-jumps.ts")}`,
      },
    });
    await until(
      "both are well",
      async () => {
        const codes = [await codeOf(edge, "sensor sds011"), await codeOf(edge, "sensor bme280")];
        return codes.every((code) => code === "sensor-well");
      },
      60_000,
    );
    const sds = { part: "sensor sds011", mend: () => (speak = breathe) };
    const aside = join(folder, "aside");
    const faults: readonly Fault[] = [
      {
        ...sds,
        fault: "line: noise",
        expected: "sensor-noise",
        counter: "sensor-bad-frame",
        breakIt: () => (speak = () => Buffer.from("\xaa\xc0 noise \xaa\xc0 \xff\x00 and so on, \xab", "latin1")),
      },
      {
        ...sds,
        fault: "line: half frames",
        expected: "sensor-noise",
        counter: "sensor-bad-frame",
        breakIt: () => (speak = () => frame(9999).subarray(0, 6)),
      },
      {
        ...sds,
        fault: "line: wrong checksums",
        expected: "sensor-noise",
        counter: "sensor-bad-frame",
        breakIt: () => (speak = wrong),
      },
      {
        ...sds,
        fault: "line: silence",
        expected: "sensor-silent",
        counter: "sensor-silent",
        breakIt: () => (speak = () => undefined),
      },
      {
        fault: "line: a stuck value",
        part: "sensor sds011",
        expected: "sensor-stuck",
        counter: "sensor-stuck",
        breakIt: async () => {
          isSteady = true;
          await until(
            "the same is measured twice",
            async () => (await codeOf(edge, "sensor sds011")) === "sensor-well",
          );
          await new Promise((resolve) => setTimeout(resolve, 1_500));
          process.kill(edge.pid() ?? 0, "SIGUSR2");
        },
        mend: () => (isSteady = false),
      },
      {
        fault: "line: the plug is pulled",
        part: "sensor sds011",
        expected: "sensor-lost",
        counter: "sensor-lost",
        breakIt: line.vanish,
        mend: line.comeBack,
      },
      {
        fault: "sysfs: a file vanishes",
        part: "sensor bme280",
        expected: "sensor-unreadable",
        counter: "sensor-bad-frame",
        breakIt: async () => {
          hasFiles = false;
          await new Promise((resolve) => setTimeout(resolve, 300));
          await rm(join(device, "in_humidityrelative_input"));
        },
        mend: () => (hasFiles = true),
      },
      {
        fault: "sysfs: an empty file",
        part: "sensor bme280",
        expected: "sensor-unreadable",
        counter: "sensor-bad-frame",
        breakIt: async () => {
          hasFiles = false;
          await new Promise((resolve) => setTimeout(resolve, 300));
          await writeFile(join(device, "in_temp_input"), "\n");
        },
        mend: () => (hasFiles = true),
      },
      {
        fault: "sysfs: the whole device vanishes",
        part: "sensor bme280",
        expected: "sensor-unreadable",
        breakIt: async () => {
          hasFiles = false;
          await new Promise((resolve) => setTimeout(resolve, 300));
          await rename(device, aside);
        },
        mend: async () => {
          await rename(aside, device);
          hasFiles = true;
        },
      },
    ];

    const messagesFrom = (from: number) =>
      broker.received
        .slice(from)
        .filter(({ topic }) => topic.includes("/d/"))
        .map(({ topic, payload }) => decode(topic, payload).message);
    /** Whether the newest state of a part that health told of is this one. */
    const isTold = (part: string, code: string): boolean => {
      const told = messagesFrom(-100).flatMap((message) =>
        message.kind === "health" && message.facts?.parts ? [message.facts.parts[part]] : [],
      );
      return `sensor-${told.at(-1)}` === code;
    };

    const rows = await goThrough(edge, faults, wellCode, isTold);
    printTable("Bad sensors", rows);

    // No wild value became a reading, and the stuck one was kept with its doubt.
    const samples = messagesFrom(0).flatMap((message) =>
      message.kind === "reading" && message.sensor === "sds011" ? message.samples : [],
    );
    expect(samples.every(({ values }) => (values.pm25 ?? 0) < 100)).toBe(true);
    expect(samples.some(({ status }) => status?.includes("stuck"))).toBe(true);
  }, 300_000);

  it("cameras: gone, writing nothing, writing without end, a truncated JPEG, hanging", async () => {
    const programs = await fakePrograms();
    await programs.add("rpicam-still", BAD_STILL);
    const setMode = async (mode: string) => {
      await writeFile(join(programs.folder, "mode.new"), mode);
      await rename(join(programs.folder, "mode.new"), join(programs.folder, "mode"));
    };
    await setMode("well");
    // Each shot that is well takes one.
    for (let i = 0; i < 8; i += 1) await programs.stage(await drawSite({ seed: 9 + i, state: "clean" }));
    const { PATH = "" } = programs.environment;
    const edge = await startTestEdge({
      folder: programs.folder,
      brokerUrl: `mqtt://127.0.0.1:${await freePort()}`,
      settings: { PATH, CAMERA: "rpicam" },
    });
    await until("the camera is well", async () => (await codeOf(edge, "camera")) === "camera-well");
    const camera = (fault: string, mode: string, expected: string, counter: string): Fault => ({
      fault: `camera: ${fault}`,
      part: "camera",
      isShot: true,
      expected,
      counter,
      breakIt: () => setMode(mode),
      mend: () => setMode("well"),
    });

    const rows = await goThrough(
      edge,
      [
        camera("gone", "gone", "camera-no-camera", "camera-lost"),
        camera("writes nothing", "silent", "camera-failed", "camera-lost"),
        camera("writes without end", "endless", "camera-too-large", "camera-lost"),
        camera("a truncated JPEG", "truncated", "422 photo-unreadable", "photo-unreadable"),
        camera("hangs", "hanging", "camera-hung", "camera-lost"),
      ],
      wellCode,
    );
    printTable("Bad cameras", rows);
  }, 300_000);

  it.skipIf(!maySmallDisk)(
    "disks: a camera that fills it, and one that is full",
    async () => {
      const programs = await fakePrograms();
      await programs.add("libcamera-still", FILLING_STILL);
      for (let i = 0; i < 3; i += 1) await programs.stage(await drawSite({ seed: 9 + i, state: "clean" }));
      const disk = await mountSmallDisk(join(programs.folder, "disk"), 96);
      const filling = join(programs.folder, "filling");
      const { PATH = "" } = programs.environment;
      const edge = await startTestEdge({
        folder: programs.folder,
        brokerUrl: `mqtt://127.0.0.1:${await freePort()}`,
        settings: { PATH, CAMERA: "libcamera", DATA_DIR: join(disk.folder, "data"), HEALTH_EVERY_S: "0.2" },
      });
      await until("the camera is well", async () => (await codeOf(edge, "camera")) === "camera-well");

      const rows = await goThrough(
        edge,
        [
          {
            fault: "camera: fills the disk",
            part: "camera",
            isShot: true,
            expected: "camera-disk-full",
            or: "camera-too-large",
            counter: "camera-lost",
            breakIt: () => writeFile(filling, ""),
            mend: () => rm(filling),
          },
          {
            fault: "disk: full",
            part: "outbox",
            expected: "outbox-refuses",
            counter: "journal-unavailable",
            breakIt: disk.fill,
            mend: disk.empty,
          },
        ],
        wellCode,
      );
      printTable("Bad disks", rows);

      expect(await readdir(join(disk.folder, "data", "camera-scratch"))).toEqual([]);
      expect((await fetch(`${edge.url}/healthz`)).status).toBe(200);
    },
    300_000,
  );
});
