/** Something about a bundle, in plain words: what is wrong and what to do. */
export interface Finding {
  /** With an error the device does not come up, or is open to others; a warning may be meant so. */
  readonly level: "error" | "warning";
  /** The file, from the bundle's folder. */
  readonly where: string;
  readonly ru: string;
  readonly en: string;
}

export const error = (where: string, ru: string, en: string): Finding => ({ level: "error", where, ru, en });
export const warning = (where: string, ru: string, en: string): Finding => ({ level: "warning", where, ru, en });

const MARK = { error: "ОШИБКА / ERROR", warning: "внимание / warning" } as const;

/** Findings for a person, errors first. */
export const textOfFindings = (findings: readonly Finding[]): string =>
  [...findings]
    .sort((one, other) => one.level.localeCompare(other.level))
    .map(({ level, where, ru, en }) => `${MARK[level]}: ${where}\n  ${ru}\n  ${en}`)
    .join("\n");
