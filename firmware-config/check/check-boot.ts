import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";
import { INSTALL_UNIT } from "../provision/cloud-init.ts";
import { needsOf } from "../provision/sensors.ts";
import { bootLinesOf } from "../provision/system-files.ts";
import type { About } from "./about.ts";
import { error, type Finding, warning } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

const CONFIG = "dvornik/config.txt";
const INSTALL = "dvornik/install.sh";
const SOFTWARE = "dvornik/software.tar.gz";

/** What the device reads before our program runs: overlays, cloud-init, the script, the software. */
export function checkBoot(bundle: FoundBundle, about: About): readonly Finding[] {
  return [...checkOverlays(bundle, about), ...checkCloudInit(bundle, about), ...checkParts(bundle, about)];
}

function checkOverlays(bundle: FoundBundle, { sensors, rtc }: About): readonly Finding[] {
  const needs = needsOf(sensors);
  const lines = (bundle.get(CONFIG)?.text ?? "").split("\n").map((line) => line.trim());
  const wanted = bootLinesOf(needs, rtc);
  const isOurs = (line: string) => /^dtoverlay=(i2c-sensor|i2c-rtc|dvornik-)/.test(line);
  const missing = wanted.filter((line) => !lines.includes(line));
  const extra = lines.filter((line) => isOurs(line) && !wanted.includes(line));
  const nodes = needs.nodes.filter(({ name }) => !bundle.has(`dvornik/${name}.dts`));
  return [
    ...missing.map((line) =>
      error(
        CONFIG,
        `Нет строки «${line}»: без неё ядро не увидит датчик или сторож.`,
        `The line "${line}" is missing: without it the kernel does not see the sensor, or there is no watchdog.`,
      ),
    ),
    ...extra.map((line) =>
      warning(CONFIG, `«${line}»: такого датчика в комплекте нет.`, `"${line}": the bundle names no such sensor.`),
    ),
    ...nodes.map(({ name }) =>
      error(
        `dvornik/${name}.dts`,
        "Нет файла с описанием датчика для ядра.",
        "The file that tells the kernel of the sensor is missing.",
      ),
    ),
  ];
}

const UserData = z.looseObject({ hostname: z.string(), bootcmd: z.array(z.union([z.string(), z.array(z.string())])) });
/** What lets somebody in without a key (cloud-init: "Users and Groups", "Set Passwords"). */
const LETS_IN =
  /\b(passwd|plain_text_passwd|hashed_passwd|chpasswd|password)\b"?\s*:|\b(ssh_pwauth"?\s*:\s*"?(true|yes|1|on)|(lock_passwd|disable_root)"?\s*:\s*"?(false|no|0|off))/i;
const MetaData = z.looseObject({ "instance-id": z.string().min(1) });
const NetworkConfig = z.looseObject({ version: z.literal(2) });

function checkCloudInit(bundle: FoundBundle, { device }: About): readonly Finding[] {
  const user = (bundle.get("user-data")?.text ?? "").replaceAll("\r\n", "\n");
  const header = user.startsWith("#cloud-config\n")
    ? []
    : [
        error(
          "user-data",
          "Первая строка должна быть «#cloud-config», иначе файл не читается.",
          'The first line must be "#cloud-config", else nobody reads the file.',
        ),
      ];
  const parsed = JsonText.pipe(UserData).safeParse(user.replace(/^#.*$/gm, ""));
  const runs =
    parsed.success &&
    parsed.data.bootcmd.some((command) => [command].flat().join(" ").endsWith(`start --no-block ${INSTALL_UNIT}`));
  return [
    ...header,
    ...(parsed.success ? [] : [noYaml("user-data")]),
    ...(parsed.success && !runs
      ? [
          error(
            "user-data",
            `Не запускается ${INSTALL}: устройство останется пустым.`,
            `${INSTALL} is not run: the device would stay empty.`,
          ),
        ]
      : []),
    ...(LETS_IN.test(user)
      ? [
          error(
            "user-data",
            "Здесь заданы пароль или вход по паролю. На устройство входят только с ключом (--ssh-key).",
            "A password, or logging in with one, is set here. Only a key lets somebody in (--ssh-key).",
          ),
        ]
      : []),
    ...(parsed.success && parsed.data.hostname !== device
      ? [warning("user-data", `Имя машины не ${device}.`, `The host's name is not ${device}.`)]
      : []),
    ...(JsonText.pipe(MetaData).safeParse(bundle.get("meta-data")?.text).success ? [] : [noYaml("meta-data")]),
    ...(JsonText.pipe(NetworkConfig).safeParse(bundle.get("network-config")?.text).success
      ? []
      : [noYaml("network-config")]),
  ];
}

const noYaml = (where: string) =>
  error(
    where,
    "Файла нет, или это не то, что пишет provision (JSON — тоже YAML). Создайте комплект заново или исправьте запятые и кавычки.",
    "The file is missing, or not of the form that provision writes (JSON is YAML too). Make the bundle anew, or correct commas and quotes.",
  );

function checkParts(bundle: FoundBundle, { sensors }: About): readonly Finding[] {
  const has = (start: string) => [...bundle.keys()].some((path) => path.startsWith(start));
  const isGps = sensors.some(({ name }) => name === "gps");
  return [
    ...(has(INSTALL)
      ? []
      : [error(INSTALL, "Нет сценария установки.", "The script that installs everything is missing.")]),
    ...(has(SOFTWARE)
      ? []
      : [
          warning(
            SOFTWARE,
            "Программы в комплекте нет: она уже должна быть на карте.",
            "The program is not in the bundle: it must be on the card already.",
          ),
        ]),
    ...(isGps && !has("dvornik/debs/")
      ? [
          warning(
            "dvornik/debs",
            "GPS назван, но пакетов gpsd и chrony в комплекте нет: без них не будет координат (--debs, см. README).",
            "GPS is named, but the packages gpsd and chrony are not in the bundle: without them there is no position (--debs, see the README).",
          ),
        ]
      : []),
  ];
}
