/** The numbers of a version such as `1.4.0-beta`. */
const numbersOf = (version: string): readonly number[] => (version.split("-")[0] ?? "").split(".").map(Number);

/** Whether a version is `least` or newer, number by number; what follows a hyphen does not count. */
export function isAtLeast(version: string, least: string): boolean {
  const [own, other] = [numbersOf(version), numbersOf(least)];
  for (let i = 0; i < Math.max(own.length, other.length); i += 1) {
    const difference = (own[i] ?? 0) - (other[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
