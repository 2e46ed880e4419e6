import { isIPv6 } from "node:net";

const MAPPED = "::ffff:";
const GROUPS = 8;
/** A site gets a /64 at least, so one client has all addresses of one (RFC 6177). */
const GROUPS_OF_SITE = 4;

/**
 * What counts as one address: an IPv4 address, also where it is written as IPv6, or the /64 of an IPv6 address, since
 * whoever has one address there has all of them.
 */
export function originOf(address: string): string {
  if (address.toLowerCase().startsWith(MAPPED) && address.includes(".")) return address.slice(MAPPED.length);
  if (!isIPv6(address) || address === "::1") return address;
  const [plain = ""] = address.split("%");
  const [head = "", tail] = plain.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : GROUPS - front.length - back.length;
  const groups = [...front, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...back];
  const site = groups.slice(0, GROUPS_OF_SITE).map((group) => Number.parseInt(group, 16).toString(16));
  return `${site.join(":")}::/64`;
}
