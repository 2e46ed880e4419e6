import { CAMERA_WORDS } from "./camera-words.ts";
import { DOCTOR_WORDS } from "./doctor-words.ts";
import { FINDING_WORDS, type FindingKind, type Level } from "./finding-words.ts";
import { PHOTO_WORDS } from "./photo-words.ts";
import { TWIN_WORDS } from "./twin-words.ts";

/** Every finding by its code. */
const KINDS = { ...FINDING_WORDS, ...CAMERA_WORDS, ...PHOTO_WORDS, ...TWIN_WORDS, ...DOCTOR_WORDS } as const;
export type FindingCode = keyof typeof KINDS;

/** Whether a text is the code of a finding that this program knows. */
export const isFindingCode = (code: string): code is FindingCode => Object.hasOwn(KINDS, code);

/** Languages that findings are told in. */
export type Language = "ru" | "en";

/** What was found of one part of the device. */
export interface Finding {
  /** `camera`, `sensor sds011`, `disk`, … */
  readonly part: string;
  readonly code: FindingCode;
  readonly values: Readonly<Record<string, string | number>>;
  /** What a program or the system itself said, word for word, or null. */
  readonly detail: string | null;
}

/** A finding in words. */
export interface ToldFinding {
  readonly level: Level;
  readonly part: string;
  readonly what: string;
  /** What to do about it, or null. */
  readonly todo: string | null;
  readonly detail: string | null;
}

/** The level of a finding. */
export const levelOf = ({ code }: Pick<Finding, "code">): Level => KINDS[code].level;

/** Whether a person has something to do about it. */
export function hasTodo({ code }: Pick<Finding, "code">): boolean {
  const { level, en }: FindingKind = KINDS[code];
  return level !== "well" && en.todo !== undefined;
}

const PARTS: Readonly<Record<string, { readonly ru: string; readonly en: string }>> = {
  model: { ru: "модель", en: "model" },
  camera: { ru: "камера", en: "camera" },
  sensors: { ru: "датчики", en: "sensors" },
  sensor: { ru: "датчик", en: "sensor" },
  position: { ru: "место", en: "position" },
  clock: { ru: "часы", en: "clock" },
  outbox: { ru: "исходящие", en: "outbox" },
  certificate: { ru: "сертификат", en: "certificate" },
  broker: { ru: "брокер", en: "broker" },
  twin: { ru: "настройки из облака", en: "settings of the cloud" },
  updates: { ru: "обновления", en: "updates" },
  disk: { ru: "диск", en: "disk" },
  card: { ru: "износ карты", en: "card" },
  memory: { ru: "память", en: "memory" },
  runs: { ru: "запуски", en: "runs" },
  power: { ru: "питание", en: "power" },
  heat: { ru: "температура", en: "heat" },
  agent: { ru: "программа", en: "agent" },
  settings: { ru: "настройки", en: "settings" },
  rights: { ru: "права", en: "rights" },
  overlays: { ru: "датчики ядра", en: "kernel sensors" },
};

/** Puts a finding into words. */
export function tell(finding: Finding, language: Language): ToldFinding {
  const { code, part, values, detail } = finding;
  const { level, [language]: words }: FindingKind = KINDS[code];
  const [kind = "", ...name] = part.split(" ");
  return {
    level,
    part: [PARTS[kind]?.[language] ?? kind, ...name].join(" "),
    what: fill(words.what, values, language),
    todo: words.todo === undefined ? null : fill(words.todo, values, language),
    detail,
  };
}

function fill(text: string, values: Finding["values"], language: Language): string {
  return text.replace(/\{(\w+)(?::(\w+))?\}/g, (_, name: string, unit?: string) => {
    const value = values[name];
    if (value === undefined) return "?";
    return typeof value === "string" ? value : inUnit(value, unit, language);
  });
}

function inUnit(value: number, unit: string | undefined, language: Language): string {
  switch (unit) {
    case "bytes":
      return tellBytes(value, language);
    case "span":
      return tellSpan(value, language);
    case "day":
      return new Date(value).toISOString().slice(0, 10);
    default:
      return String(value);
  }
}

const BYTE_UNITS = { ru: ["Б", "КБ", "МБ", "ГБ", "ТБ"], en: ["B", "KB", "MB", "GB", "TB"] } as const;

/** Bytes for a person: powers of 1,000, as disks are sold. */
export function tellBytes(bytes: number, language: Language): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const scaled = bytes / 1000 ** power;
  const digits = power === 0 || scaled >= 100 ? 0 : 1;
  const number = scaled.toFixed(digits);
  return `${language === "ru" ? number.replace(".", ",") : number} ${BYTE_UNITS[language][power]}`;
}

const SPAN_UNITS = { ru: ["д", "ч", "мин", "с"], en: ["d", "h", "min", "s"] } as const;

/** A span of time for a person, with its two largest units. */
export function tellSpan(ms: number, language: Language): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const counts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const first = counts.findIndex((count) => count > 0);
  if (first === -1) return `0 ${SPAN_UNITS[language][3]}`;
  return counts
    .map((count, i) => ({ count, i }))
    .filter(({ count, i }) => (i === first || i === first + 1) && count > 0)
    .map(({ count, i }) => `${count} ${SPAN_UNITS[language][i]}`)
    .join(" ");
}
