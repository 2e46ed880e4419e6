import { unitsOf } from "../provision/make-bundle.ts";
import type { About } from "./about.ts";
import { settingsIn } from "./check-settings.ts";
import { error, type Finding } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

const FOLDER = "dvornik/root/etc/systemd/system/";

/** Without any of these a program that was taken over reaches what it should not. */
const HARDENED: readonly (readonly [key: string, value: RegExp])[] = [
  ["DynamicUser", /^yes$/],
  ["NoNewPrivileges", /^yes$/],
  ["ProtectSystem", /^strict$/],
  ["ProtectHome", /^yes$/],
  ["PrivateTmp", /^yes$/],
  ["ProtectKernelModules", /^yes$/],
  ["ProtectKernelTunables", /^yes$/],
  ["ProtectControlGroups", /^yes$/],
  ["RestrictNamespaces", /^yes$/],
  ["RestrictAddressFamilies", /^AF_/],
  ["SystemCallFilter", /^@system-service$/],
  ["CapabilityBoundingSet", /^$/],
  ["MemoryMax", /^\d+M$/],
];
/** And without these a program that hangs stays as it is. */
const WATCHED: readonly (readonly [key: string, value: RegExp])[] = [
  ["Type", /^notify$/],
  ["NotifyAccess", /^all$/],
  ["WatchdogSec", /^[1-9]\d*(s|min)?$/],
  ["Restart", /^always$/],
];

/** The units: all shut in, and the device's program watched. */
export function checkUnits(bundle: FoundBundle, about: About): readonly Finding[] {
  const { program } = about;
  const main = `${FOLDER}dvornik-${program}.service`;
  const services = [...bundle].filter(([path]) => path.startsWith(FOLDER) && path.endsWith(".service"));
  const missing = bundle.has(main)
    ? []
    : [error(main, "Нет службы самой программы.", "The unit of the program itself is missing.")];
  const settings = settingsIn(bundle, about) ?? {};
  const wanted = Object.entries(unitsOf(about.profile, settings)).map(
    ([name, text]) => [`${FOLDER}${name}`, text] as const,
  );
  return [
    ...missing,
    ...wanted.flatMap(([path, text]) => checkVital(path, text, bundle.get(path)?.text)),
    ...services.flatMap(([path, { text }]) => checkService(path, text, path === main && program === "edge")),
  ];
}

/** What is run, with what, and when: without these lines a unit does not start, or starts something else. */
const VITAL =
  /^(Exec\w+|User|EnvironmentFile|Environment|LoadCredential|StateDirectory|WantedBy|ListenStream|Requires|On\w+)=/;

function checkVital(path: string, wanted: string, found: string | undefined): readonly Finding[] {
  if (found === undefined) return [];
  const vital = (text: string) => text.split(/\r?\n/).filter((line) => VITAL.test(line));
  const off = [
    ...vital(wanted).filter((line) => !vital(found).includes(line)),
    ...vital(found).filter((line) => !vital(wanted).includes(line)),
  ];
  if (off.length === 0) return [];
  return [
    error(
      path,
      `Служба не та, что следует из профиля и настроек: ${off.join("; ")}. Создайте комплект заново.`,
      `The unit is not what follows from profile and settings: ${off.join("; ")}. Make the bundle anew.`,
    ),
  ];
}

function checkService(path: string, text: string, isWatched: boolean): readonly Finding[] {
  const lines = text.split("\n").map((line) => line.trim());
  const has = ([key, value]: readonly [string, RegExp]) =>
    lines.some((line) => line.startsWith(`${key}=`) && value.test(line.slice(key.length + 1)));
  // The last of a key counts, so what a later line takes back is not there.
  const loosened = lines.filter((line) =>
    /^(User=root|DynamicUser=no|NoNewPrivileges=no|ProtectSystem=(no|false))$/.test(line),
  );
  const soft = HARDENED.filter((rule) => !has(rule)).map(([key]) => key);
  const unwatched = isWatched ? WATCHED.filter((rule) => !has(rule)).map(([key]) => key) : [];
  return [
    ...(soft.length === 0 && loosened.length === 0
      ? []
      : [
          error(
            path,
            `Служба не защищена: ${[...soft, ...loosened].join(", ")}. Создайте комплект заново.`,
            `The unit is not shut in: ${[...soft, ...loosened].join(", ")}. Make the bundle anew.`,
          ),
        ]),
    ...(unwatched.length === 0
      ? []
      : [
          error(
            path,
            `За программой не следит сторож: ${unwatched.join(", ")}. Если она зависнет, её никто не перезапустит.`,
            `No watchdog looks after the program: ${unwatched.join(", ")}. If it hangs, nobody starts it anew.`,
          ),
        ]),
  ];
}
