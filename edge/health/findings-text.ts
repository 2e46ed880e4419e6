import { type Finding, type Language, tell } from "./finding.ts";
import type { Level } from "./finding-words.ts";

const LABELS: Readonly<Record<Level, string>> = { well: "ok     ", notice: "NOTE   ", trouble: "TROUBLE" };

/** A finding as one line of text: how it is, of what, what is the matter, what to do, and what was said word for word. */
export function toLine(finding: Finding, language: Language): string {
  const { level, part, what, todo, detail } = tell(finding, language);
  const words = [what, level === "well" ? null : todo].filter((word) => word !== null).join("; ");
  return `  ${LABELS[level]} ${part.padEnd(16)} ${words}${detail === null ? "" : ` (${detail})`}`;
}
