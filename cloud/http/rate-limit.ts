import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "#kit/clock.ts";
import { ApiError } from "./errors.ts";
import { remember } from "./wrong-tries.ts";

const WINDOW_MS = 60_000;

/** Lets one address ask so often in a minute; every answer says how much is left. */
export type RateLimit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Counts requests by address, a minute at a time, and answers 429 with `Retry-After` beyond `perMinute`. The answers carry
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers). A network of one customer in IPv6 is a /64.
 * `policy` is the name that they tell: each limit counts for itself.
 */
export function limitRate(
  perMinute: number,
  clock: Pick<Clock, "monotonicMs">,
  policy: "open" | "map" = "open",
): RateLimit {
  const windows = new Map<string, { readonly sinceMs: number; count: number }>();
  return async ({ ip }, reply) => {
    const nowMs = clock.monotonicMs();
    const network = networkOf(ip);
    const known = windows.get(network);
    const isOver = known === undefined || nowMs - known.sinceMs >= WINDOW_MS;
    const window = isOver ? { sinceMs: nowMs, count: 0 } : known;
    if (isOver) {
      windows.delete(network);
      remember(windows, network, window);
    }
    window.count += 1;
    const restS = Math.ceil((window.sinceMs + WINDOW_MS - nowMs) / 1000);
    const left = Math.max(0, perMinute - window.count);
    void reply
      .header("ratelimit-policy", `"${policy}";q=${perMinute};w=60`)
      .header("ratelimit", `"${policy}";r=${left};t=${restS}`);
    if (window.count > perMinute) {
      throw new ApiError(429, "too-many-requests", `at most ${perMinute} requests in a minute from one address`, restS);
    }
  };
}

/** The address; of IPv6 its first 64 bits, of IPv4 written as IPv6 the IPv4. */
export function networkOf(ip: string): string {
  if (!ip.includes(":") || ip.includes(".")) return ip.slice(ip.lastIndexOf(":") + 1);
  const [head = "", tail] = ip.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0");
  return [...groups, ...zeros, ...rest]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
