import { PROFILES, type ProfileName } from "../profiles/profiles.ts";
import { ACCESS_POINT } from "./places.ts";
import type { Settings } from "./settings-of.ts";

const PORT_OF_SCHEME: Readonly<Record<string, number>> = { "https:": 443, "http:": 80, "mqtts:": 8883, "mqtt:": 1883 };
function portsOf(text: string | undefined): readonly number[] {
  const url = URL.parse(text ?? "");
  if (url === null) return [];
  return [url.port === "" ? (PORT_OF_SCHEME[url.protocol] ?? 443) : Number(url.port)];
}

/**
 * Rules for nft(8): nothing comes in that was not asked for, nothing is passed on, and out goes only what the device
 * needs: names, time, the cloud, the broker, and a camera of this network. The table is ours alone, so others' stay.
 * They follow from the profile and the settings, so the check can hold a bundle's rules against them.
 */
export function firewallText(name: ProfileName, settings: Settings, mayLogIn: boolean): string {
  const profile = PROFILES[name];
  const { interface: ap, address } = ACCESS_POINT;
  const isOpen = profile.network.accessPoint;
  const phones = [
    `    iifname "${ap}" udp sport 68 udp dport 67 accept`,
    `    iifname "${ap}" ip daddr ${address} meta l4proto { tcp, udp } th dport 53 accept`,
    `    iifname "${ap}" ip daddr ${address} tcp dport 80 accept`,
    `    iifname "${ap}" drop`,
  ];
  const broker = settings.BROKER_URL ?? settings.PARENT_URL ?? "";
  const camera = /^url:(https?:.*)$/.exec(settings.CAMERA ?? "")?.[1];
  const out = [443, ...[settings.FLEET_URL ?? settings.CRL_URL, broker, camera].flatMap(portsOf)];
  const isBroker = profile.program === "gateway";
  // Names that end in .local are asked of everybody around (mDNS, RFC 6762), and everybody answers.
  const saysLocal = isBroker || URL.parse(broker)?.hostname.endsWith(".local") === true;
  const multicast = "    udp dport 5353 accept\n";
  const mqtt = `    iifname != "wwan*" iifname != "ppp*" tcp dport ${settings.PORT ?? "8883"} accept\n`;
  return `#!/usr/sbin/nft -f
# Made by provision; what it lets in is what profile "${name}" needs.
table inet dvornik
delete table inet dvornik
table inet dvornik {
  chain input {
    type filter hook input priority filter; policy drop;
    iif "lo" accept
    ct state established,related accept
    ct state invalid drop
${isOpen ? `${phones.join("\n")}\n` : ""}    ip protocol icmp icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } limit rate 10/second accept
    ip6 nexthdr icmpv6 icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } limit rate 100/second accept
    udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
${mayLogIn ? "    tcp dport 22 ct state new limit rate 10/minute accept\n" : ""}${isBroker ? mqtt : ""}${saysLocal ? multicast : ""}  }
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
  chain output {
    type filter hook output priority filter; policy drop;
    oif "lo" accept
    ct state established,related accept
${isOpen ? `    oifname "${ap}" udp sport { 53, 67 } accept\n` : ""}    meta l4proto { icmp, ipv6-icmp } accept
    udp dport { 53, 67, 123, 547 } accept
    tcp dport 53 accept
    tcp dport { ${[...new Set(out)].sort((a, b) => a - b).join(", ")} } accept
${saysLocal ? multicast : ""}  }
}
`;
}
