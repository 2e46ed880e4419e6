import type { About } from "./about.ts";
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
export function checkUnits(bundle: FoundBundle, { program }: About): readonly Finding[] {
  const main = `${FOLDER}dvornik-${program}.service`;
  const services = [...bundle].filter(([path]) => path.startsWith(FOLDER) && path.endsWith(".service"));
  const missing = bundle.has(main)
    ? []
    : [error(main, "Нет службы самой программы.", "The unit of the program itself is missing.")];
  return [
    ...missing,
    ...services.flatMap(([path, { text }]) => checkService(path, text, path === main && program === "edge")),
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
