import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Finding } from "../health/finding.ts";

/** Where Raspberry Pi OS has it, today's and before Bookworm. */
export const CONFIG_FILES: readonly string[] = ["/boot/firmware/config.txt", "/boot/config.txt"];
/** Overlays that make a sensor of the kernel (the README of the firmware's overlays): the parameter is the model. */
const SENSOR_OVERLAYS: ReadonlySet<string> = new Set(["i2c-sensor", "i2c-sensor-pi5"]);
const OTHER_PARAMETERS = /^(i2c\d|i2c_csi_dsi\d?|addr|int_pin|no_timeout|reset_pin)\b/;

/** A file that includes itself ends here; `provision` has one. */
const MOST_INCLUDES = 3;

/** Whether the kernel shows the sensors whose overlays are named; `shown` are the names that it shows. Never rejects. */
export async function probeOverlays(shown: readonly string[], files = CONFIG_FILES): Promise<readonly Finding[]> {
  const texts = await Promise.all(files.map((file) => textOf(file, dirname(file), MOST_INCLUDES)));
  const missing = sensorsIn(texts.join("\n")).filter((model) => !shown.some((name) => isSame(name, model)));
  const say = (code: Finding["code"], values: Finding["values"] = {}): Finding => ({
    part: "overlays",
    code,
    values,
    detail: null,
  });
  if (missing.length > 0) return missing.map((overlay) => say("overlays-missing", { overlay }));
  return [shown.length === 0 ? say("overlays-none") : say("overlays-well", { sensors: shown.join(", ") })];
}

/** A `config.txt` with what its lines `include FILE` name, from the same partition; nothing where it cannot be read. */
async function textOf(file: string, partition: string, includes: number): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  const names = includes === 0 ? [] : [...text.matchAll(/^[ \t]*include[ \t]+(\S+)/gm)].map(([, name = ""]) => name);
  const included = await Promise.all(names.map((name) => textOf(join(partition, name), partition, includes - 1)));
  return [text, ...included].join("\n");
}

/** The models that `dtoverlay=i2c-sensor,bme280,addr=0x77` and the like name. */
export function sensorsIn(configTxt: string): readonly string[] {
  return configTxt.split("\n").flatMap((line) => {
    const [name = "", ...parameters] = (/^\s*dtoverlay=(\S+)/.exec(line)?.[1] ?? "").split(/[,:]/);
    if (!SENSOR_OVERLAYS.has(name)) return [];
    return parameters.filter((one) => !OTHER_PARAMETERS.test(one)).map((one) => one.split("=")[0] ?? one);
  });
}

/** Drivers name families: `bme280` and `bmp280`, `scd4x` and `scd41`. */
const isSame = (shown: string, wanted: string): boolean => shown.startsWith(wanted.replace(/x$/, "").slice(0, 5));
