import { ACCESS_POINT } from "../provision/places.ts";
import type { About } from "./about.ts";
import { error, type Finding } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

const RULES = "dvornik/root/etc/nftables.conf";

/** Ports of ours that nobody outside may reach on a device: brokers, and the program's own page. */
const OURS = [1883, 8883, 8081, 9883];

/** The rules of nft: that nothing comes in but what the profile is for. No parser of nft; it looks at what we write. */
export function checkFirewall(bundle: FoundBundle, { program }: About): readonly Finding[] {
  const text = bundle.get(RULES)?.text;
  if (text === undefined) return [error(RULES, "Нет правил сетевого экрана.", "The firewall's rules are missing.")];
  const input = chainOf(text, "input");
  const closed = ["input", "forward", "output"].filter(
    (name) => !/policy\s+drop\s*;/.test(chainOf(text, name).join("\n")),
  );
  const wide = input.filter((rule) => /^(accept|counter accept)$/.test(rule) || /^ct state new accept$/.test(rule));
  const isForPhones = (rule: string) =>
    rule.includes(`"${ACCESS_POINT.interface}"`) && rule.includes(ACCESS_POINT.address);
  const open = input.filter(
    (rule) =>
      rule.endsWith("accept") &&
      OURS.some((port) => portsOf(rule).some(([least, most]) => least <= port && port <= most)),
  );
  const mayOpen = program === "gateway" ? open.filter((rule) => !/^tcp dport 8883 accept$/.test(rule)) : open;
  const phones = input.filter((rule) => rule.includes(`"${ACCESS_POINT.interface}"`) && rule.endsWith("accept"));
  const tooMuch = phones.filter((rule) => !isForPhones(rule) && !/udp dport 67 accept$/.test(rule));
  return [
    ...closed.map((name) =>
      error(
        RULES,
        `Цепочка ${name} пропускает всё, что не запрещено: нужна «policy drop».`,
        `The chain ${name} lets through all that is not forbidden: it needs "policy drop".`,
      ),
    ),
    ...wide.map((rule) => error(RULES, `Правило «${rule}» впускает всех.`, `The rule "${rule}" lets everybody in.`)),
    ...mayOpen.map((rule) =>
      error(
        RULES,
        `Правило «${rule}» впускает снаружи к MQTT или к странице устройства.`,
        `The rule "${rule}" lets outsiders reach MQTT or the device's own page.`,
      ),
    ),
    ...tooMuch.map((rule) =>
      error(
        RULES,
        `Правило «${rule}»: телефон в Wi-Fi устройства должен видеть только его страницу.`,
        `The rule "${rule}": a phone on the device's Wi-Fi may reach its page alone.`,
      ),
    ),
  ];
}

/** The rules of a chain, one each, as they are written. */
function chainOf(text: string, name: string): readonly string[] {
  const start = text.indexOf(`chain ${name} {`);
  if (start < 0) return [];
  const lines = text.slice(start).split("\n").slice(1);
  const end = lines.findIndex((line) => /^\s*\}\s*$/.test(line));
  return lines.slice(0, end < 0 ? lines.length : end).map((line) => line.replace(/#.*$/, "").trim());
}

/** Ranges of ports that a rule lets in; one without any word of ports lets in none that we know of. */
function portsOf(rule: string): readonly (readonly [number, number])[] {
  const said = /\bdport\s+(\{[^}]*\}|\S+)/.exec(rule)?.[1] ?? "";
  return [...said.matchAll(/(\d+)(?:\s*-\s*(\d+))?/g)].map(([, least, most]) => [Number(least), Number(most ?? least)]);
}
