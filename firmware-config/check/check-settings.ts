import { isLoopback } from "#kit/loopback.ts";
import { PLACES } from "../provision/places.ts";
import { needsOf } from "../provision/sensors.ts";
import { NOT_OURS, SCHEMAS, type Settings, UNIT_SETTINGS } from "../provision/settings-of.ts";
import type { About } from "./about.ts";
import { error, type Finding, warning } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

/** The program's settings: that the program takes them, that they are all known, that nothing travels in the clear. */
export function checkSettings(bundle: FoundBundle, about: About): readonly Finding[] {
  const { program } = about;
  const where = `dvornik/root${PLACES[program].environment}`;
  const file = bundle.get(where);
  if (file === undefined)
    return [error(where, "Нет файла с настройками программы.", "The file with the program's settings is missing.")];
  const settings = readEnvironment(file.text);
  if (settings === undefined) {
    return [
      error(
        where,
        'Строка не вида ИМЯ="значение". Исправьте её или создайте комплект заново.',
        'A line is not of the form NAME="value". Correct it, or make the bundle anew.',
      ),
    ];
  }
  const { shape } = SCHEMAS[program];
  const unknown = Object.keys(settings).filter((name) => !Object.hasOwn(shape, name) && !NOT_OURS.includes(name));
  const given = Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => value !== "" && Object.hasOwn(shape, name)),
  );
  const parsed = SCHEMAS[program].safeParse({ ...given, ...UNIT_SETTINGS[program] });
  const issues = parsed.success ? [] : parsed.error.issues;
  return [
    ...unknown.map((name) =>
      error(
        where,
        `Настройки ${name} нет; все настройки перечислены в firmware-config/SETTINGS.md.`,
        `There is no setting ${name}; firmware-config/SETTINGS.md lists them all.`,
      ),
    ),
    ...issues.map(({ path, message }) =>
      error(where, `${path.join(".")}: значение не подходит (${message}).`, `${path.join(".")}: ${message}.`),
    ),
    ...Object.entries(settings).flatMap(([name, value]) =>
      isInTheClear(name, value) ? [inTheClear(where, name)] : [],
    ),
    ...checkSensors(where, settings, about),
    ...checkNames(where, settings, about),
  ];
}

/** The settings of a bundle's program, where they can be read. */
export const settingsIn = (bundle: FoundBundle, { program }: About): Settings | undefined =>
  readEnvironment(bundle.get(`dvornik/root${PLACES[program].environment}`)?.text ?? "");

/** Whether the settings are of this device. */
function checkNames(where: string, settings: Settings, about: About): readonly Finding[] {
  const { program, tenant, device } = about;
  const wanted = program === "edge" ? { TENANT: tenant, DEVICE: device } : { GATEWAY_NAME: device };
  const other = Object.entries(wanted).filter(([name, value]) => settings[name] !== value);
  return other.map(([name, value]) =>
    error(
      where,
      `${name} — не ${value}, а код регистрации выдан для него.`,
      `${name} is not ${value}, for whom the claim was made.`,
    ),
  );
}

/** `NAME="value"` or `NAME=value`, one a line; undefined where a line is none. */
export function readEnvironment(text: string): Readonly<Record<string, string>> | undefined {
  const pairs: [string, string][] = [];
  for (const line of text.split("\n")) {
    if (/^\s*([#;].*)?$/.test(line)) continue;
    const [, name, quoted, bare] = /^([A-Z][A-Z0-9_]*)=(?:"([^"\\]*)"|([^"'\\]*))$/.exec(line.trimEnd()) ?? [];
    if (name === undefined) return undefined;
    pairs.push([name, quoted ?? bare ?? ""]);
  }
  return Object.fromEntries(pairs);
}

/** A camera of this network may speak HTTP; what goes to the town may not. */
function isInTheClear(name: string, value: string): boolean {
  const url = URL.parse(value);
  if (name === "CAMERA" || url === null) return false;
  return (url.protocol === "http:" || url.protocol === "mqtt:" || url.protocol === "ws:") && !isLoopback(url.hostname);
}

const inTheClear = (where: string, name: string) =>
  error(
    where,
    `${name}: адрес без TLS. Пишите https:// или mqtts://.`,
    `${name}: an address without TLS. Write https:// or mqtts://.`,
  );

const OF_SENSORS = ["SDS011", "PMS", "PMS_B", "SPS30", "GPSD"];

/** Whether the sensors that were named are those of the settings. */
function checkSensors(where: string, settings: Readonly<Record<string, string>>, about: About): readonly Finding[] {
  const wanted = needsOf(about.sensors).settings;
  const missing = Object.keys(wanted).filter((name) => settings[name] === undefined);
  const extra = OF_SENSORS.filter((name) => settings[name] !== undefined && wanted[name] === undefined);
  return [
    ...missing.map((name) =>
      error(
        where,
        `Датчик назван в комплекте, но настройки ${name} нет.`,
        `The bundle names a sensor, but its setting ${name} is missing.`,
      ),
    ),
    ...extra.map((name) =>
      warning(
        where,
        `${name} настроен, но такого датчика в комплекте нет: добавьте его в --sensors.`,
        `${name} is set, but the bundle names no such sensor: add it to --sensors.`,
      ),
    ),
  ];
}
