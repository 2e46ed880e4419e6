import type { About } from "./about.ts";
import { error, type Finding, warning } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

/** What a copy that was cut short makes useless, and nobody edits by hand. */
const PACKED = /\.(tar\.gz|deb)$/;
const SCRIPT = "dvornik/install.sh";
const LAST_LINE = "systemctl reboot\n";

/** Each file against what provision noted of it: missing, cut short, changed, or not from provision at all. */
export function checkFiles(bundle: FoundBundle, { files }: About): readonly Finding[] {
  const noted = Object.entries(files).flatMap(([path, { sha256, bytes }]) => {
    const found = bundle.get(path);
    if (found === undefined) return [missing(path)];
    if (found.sha256 === sha256) return [];
    return [PACKED.test(path) || (found.bytes === 0 && bytes > 0) ? damaged(path) : changed(path)];
  });
  const strange = [...bundle.keys()].filter(
    (path) => /^dvornik\/(root|debs)\//.test(path) && !Object.hasOwn(files, path),
  );
  return [...noted, ...strange.map(notOurs), ...checkScript(bundle)];
}

const missing = (path: string) =>
  error(
    path,
    "Файла нет, хотя provision его создал: скопирована только часть. Скопируйте комплект ещё раз.",
    "The file is missing, though provision made it: only a part was copied. Copy the bundle again.",
  );

const damaged = (path: string) =>
  error(
    path,
    "Файл обрезан или испорчен при копировании. Скопируйте его ещё раз или создайте комплект заново.",
    "The file was cut short or damaged on its way. Copy it again, or make the bundle anew.",
  );

const changed = (path: string) =>
  warning(path, "Файл изменён после provision.", "The file was changed by hand since provision made it.");

const notOurs = (path: string) =>
  warning(
    path,
    "Этот файл создан не provision, но устройство его установит.",
    "This file is not from provision, but the device would install it.",
  );

/** The shell stops at the first line that Windows has ended, and a script that was cut does half. */
function checkScript(bundle: FoundBundle): readonly Finding[] {
  const text = bundle.get(SCRIPT)?.text;
  if (text === undefined || (!text.includes("\r") && text.endsWith(LAST_LINE))) return [];
  return [
    error(
      SCRIPT,
      "Сценарий обрезан, или у него концы строк Windows: устройство останется пустым. Создайте комплект заново.",
      "The script was cut short, or has Windows line ends: the device would stay empty. Make the bundle anew.",
    ),
  ];
}
