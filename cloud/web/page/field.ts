import type { Words } from "./words.ts";

/** The name of a measured field in words; a field that the dictionary does not know keeps its own name. */
export function fieldName(words: Words, field: string): string {
  const found = Object.entries(words.field).find(([key]) => key === field);
  return found === undefined ? field : found[1];
}

/** A unit as people of the language write it; one that the dictionary does not know stays as it is. */
export function unitName(words: Words, unit: string): string {
  const found = Object.entries(words.unit).find(([key]) => key === unit);
  return found === undefined ? unit : found[1];
}

/** Places behind the point that make sense for a field. */
export function fieldDigits(field: string): number {
  return field === "pressure" || field === "humidity" ? 0 : 1;
}
