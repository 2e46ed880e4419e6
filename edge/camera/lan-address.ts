import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Private, loopback, link-local and carrier-grade ranges: RFC 1918, 1122, 3927, 6598, 4193, 4291. */
const LAN = new BlockList();
LAN.addSubnet("10.0.0.0", 8);
LAN.addSubnet("172.16.0.0", 12);
LAN.addSubnet("192.168.0.0", 16);
LAN.addSubnet("127.0.0.0", 8);
LAN.addSubnet("169.254.0.0", 16);
LAN.addSubnet("100.64.0.0", 10);
LAN.addSubnet("fc00::", 7, "ipv6");
LAN.addSubnet("fe80::", 10, "ipv6");
LAN.addAddress("::1", "ipv6");

/** Whether an IP address is one of this network and not of the internet. */
export function isLanAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LAN.check(address, version === 6 ? "ipv6" : "ipv4");
}

/** Looks names up as usual and keeps only addresses of this network, so that no name leads out of it. */
export const lookupInLan: LookupFunction = (host, options, answer) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const near = error === null ? found.filter(({ address }) => isLanAddress(address)) : [];
    const [first] = near;
    if (error !== null) answer(error, []);
    else if (first === undefined)
      answer(Object.assign(new Error(`${host} is not in this network`), { code: NOT_LAN }), []);
    else if (options.all === true) answer(null, near);
    else answer(null, first.address, first.family);
  });
};

/** The code of an address that is not of this network. */
export const NOT_LAN = "NOT_LAN";
