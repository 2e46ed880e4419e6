/** What part of a file is asked for; both ends are in it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const ONE_RANGE = /^bytes=(\d{0,16})-(\d{0,16})$/;

/**
 * The part of a file of `size` bytes that a `Range` header asks for (RFC 9110, 14.1.2): undefined for all of it, `null` where
 * none of it can be satisfied. Several ranges, other units and nonsense are passed over, as a server may.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined | null {
  const [, first = "", last = ""] = ONE_RANGE.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const suffix = Number(last);
    return suffix === 0 || size === 0 ? null : { start: Math.max(0, size - suffix), end: size - 1 };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) return null;
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}
