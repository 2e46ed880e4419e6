/** A whole number above 0 of the command line, or undefined where it was not given; throws with the option's name. */
export function parseCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${option} wants a whole number above 0, not "${text}"`);
  return count;
}
