import { execFileSync } from "node:child_process";
import { chmod, open } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UNKNOWN_POWER } from "../../../edge/power/power-facts.ts";
import { powerReader } from "../../../edge/power/read-power.ts";
import { parseThrottled } from "../../../edge/power/throttled.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { createFakeMachine, putBattery } from "./support/fake-machine.ts";

async function aMachine() {
  const machine = await createFakeMachine(await tempFolder());
  const PATH = `${machine.binDir}:/usr/bin:/bin`;
  const hung: string[] = [];
  const onHung = (place: string) => void hung.push(place);
  return { ...machine, hung, read: powerReader({ sysDir: machine.sysDir, environment: { PATH }, onHung }) };
}

describe("powerReader", () => {
  it("knows nothing of a machine that has none of it, and of one without /sys", async () => {
    const { read } = await aMachine();

    expect(await read()).toEqual(UNKNOWN_POWER);
    expect(await powerReader({ sysDir: "/no/such/folder", environment: { PATH: "/no" } })()).toEqual(UNKNOWN_POWER);
  });

  it("takes the temperature of the hottest zone, and passes over garbage", async () => {
    const { write, read } = await aMachine();
    await write("class/thermal/thermal_zone0/temp", "61322");
    await write("class/thermal/thermal_zone1/temp", "83100");
    await write("class/thermal/thermal_zone2/temp", "-273000");
    await write("class/thermal/thermal_zone3/temp", "hot");
    await write("class/thermal/thermal_zone4/temp", "");
    await write("class/thermal/cooling_device0/temp", "99000");

    expect((await read()).temperatureC).toBe(83.1);
  });

  it("asks the firmware, in its own words", async () => {
    const { throttle, read } = await aMachine();
    await throttle("throttled=0x50005");

    expect(await read()).toMatchObject({
      isUndervolted: true,
      isThrottled: true,
      sinceBoot: ["undervoltage", "throttled"],
    });
  });

  it("takes the kernel's alarm where there is no firmware to ask, or it may not be asked, or talks nonsense", async () => {
    const { write, throttle, read, binDir } = await aMachine();
    await write("class/hwmon/hwmon0/name", "cpu_thermal");
    await write("class/hwmon/hwmon0/in0_lcrit_alarm", "0");
    await write("class/hwmon/hwmon1/name", "rpi_volt");
    await write("class/hwmon/hwmon1/in0_lcrit_alarm", "1");

    expect(await read()).toMatchObject({ isUndervolted: true, isThrottled: null, sinceBoot: null });
    await throttle("VCHI initialization failed");
    expect((await read()).isUndervolted).toBe(true);
    await throttle("throttled=0x0");
    expect((await read()).isUndervolted).toBe(false);
    await chmod(join(binDir, "vcgencmd"), 0o644);
    expect((await read()).isUndervolted).toBe(true);
    await write("class/hwmon/hwmon1/in0_lcrit_alarm", "?");
    expect((await read()).isUndervolted).toBeNull();
  });

  it("reads the emptiest battery, and whether anything gives power", async () => {
    const machine = await aMachine();
    await putBattery(machine, 37);
    await machine.write("class/power_supply/ups/type", "Battery");
    await machine.write("class/power_supply/ups/capacity", "90");
    await machine.write("class/power_supply/none/type", "Battery");
    await machine.write("class/power_supply/none/present", "0");
    await machine.write("class/power_supply/none/capacity", "1");
    await machine.write("class/power_supply/panel/type", "Mains");
    await machine.write("class/power_supply/panel/online", "0");

    const facts = await machine.read();
    expect(facts).toMatchObject({ chargePercent: 37, battery: "discharging", batteryV: 11.9, isSupplied: false });
    await machine.write("class/power_supply/panel/online", "1");
    await machine.write("class/power_supply/bat/status", "Not charging");
    expect(await machine.read()).toMatchObject({ battery: "not-charging", isSupplied: true });
  });

  it("goes on when files vanish or say nonsense", async () => {
    const machine = await aMachine();
    await putBattery(machine, 37);
    await machine.write("class/thermal/thermal_zone0/temp", "40000");
    await machine.read();

    await machine.write("class/power_supply/bat/capacity", "400");
    await machine.write("class/power_supply/bat/voltage_now", "x");
    await machine.remove("class/power_supply/bat/status");
    await machine.remove("class/thermal/thermal_zone0/temp");
    expect(await machine.read()).toEqual(UNKNOWN_POWER);
  });

  it("answers in time although a gauge hangs, asks it no more until it has answered, and then reads it again", async () => {
    const { write, read, remove, hung, sysDir } = await aMachine();
    const battery = join(sysDir, "class", "power_supply", "bat");
    await write("class/thermal/thermal_zone0/temp", "61000");
    await write("class/power_supply/panel/online", "1");
    await write("class/power_supply/bat/type", "Battery");
    const gauge = join(battery, "capacity");
    execFileSync("mkfifo", [gauge]);

    // More than Node has threads for files: each further look must not take another one.
    for (let i = 0; i < 6; i += 1) {
      expect(await read()).toMatchObject({ temperatureC: 61, chargePercent: null, isSupplied: true });
    }
    expect(hung).toEqual([battery]);
    await (await open(gauge, "r+")).close();
    await remove("class/power_supply/bat/capacity");
    await write("class/power_supply/bat/capacity", "42");
    await until("it is read again", async () => (await read()).chargePercent === 42);
  }, 60_000);
});

describe("parseThrottled", () => {
  it.each(["", "throttled=", "throttled=0x", "throttled=50005", "throttled=0x123456789", "x throttled=0x1"])(
    "makes nothing of %j",
    (text) => {
      expect(parseThrottled(text)).toBeUndefined();
    },
  );

  it("tells what is from what has been", () => {
    expect(parseThrottled("throttled=0x80008\n")).toEqual({
      isUndervolted: false,
      isThrottled: true,
      sinceBoot: ["soft-limit"],
    });
    expect(parseThrottled("throttled=0x0")).toEqual({ isUndervolted: false, isThrottled: false, sinceBoot: [] });
  });
});
