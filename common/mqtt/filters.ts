/**
 * Whether every topic that `narrow` matches is matched by `wide` as well (MQTT 3.1.1, 4.7). A topic name is a filter that
 * matches itself, so this also says whether a filter matches a topic. Wildcards at the first level do not reach topics
 * that begin with `$`.
 */
export function covers(wide: string, narrow: string): boolean {
  const [wideLevels, narrowLevels] = [wide.split("/"), narrow.split("/")];
  if (isWildcard(wideLevels[0]) && narrowLevels[0]?.startsWith("$")) return false;
  for (const [i, level] of wideLevels.entries()) {
    if (level === "#") return true;
    const other = narrowLevels[i];
    if (other === undefined || other === "#") return false;
    if (level !== "+" && level !== other) return false;
  }
  return wideLevels.length === narrowLevels.length;
}

const isWildcard = (level: string | undefined): boolean => level === "+" || level === "#";
