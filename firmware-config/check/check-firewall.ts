import { firewallText } from "../provision/firewall.ts";
import type { About } from "./about.ts";
import { settingsIn } from "./check-settings.ts";
import { error, type Finding } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

const RULES = "dvornik/root/etc/nftables.conf";
const KEYS = "dvornik/root/etc/ssh/dvornik-keys/engineer";

/**
 * The rules of nft against those that follow from profile and settings. What is more may only refuse, or let more out; so
 * nothing depends on knowing all the ways in which nft can say "accept".
 */
export function checkFirewall(bundle: FoundBundle, about: About): readonly Finding[] {
  const text = bundle.get(RULES)?.text;
  if (text === undefined) return [error(RULES, "Нет правил сетевого экрана.", "The firewall's rules are missing.")];
  const wanted = linesOf(firewallText(about.profile, settingsIn(bundle, about) ?? {}, bundle.has(KEYS)));
  const found = linesOf(text);
  const isThere = (lines: readonly Line[], line: Line) =>
    lines.some(({ chain, rule }) => chain === line.chain && rule === line.rule);
  const missing = wanted.filter((line) => !isThere(found, line));
  const more = found.filter((line) => !isThere(wanted, line) && !isHarmless(line));
  return [
    ...missing.map(({ chain, rule }) =>
      error(
        RULES,
        `В цепочке ${chain} нет строки «${rule}»: она следует из профиля и настроек. Без неё связь закрыта или открыто лишнее.`,
        `The chain ${chain} lacks "${rule}", which follows from profile and settings. Without it a way is shut, or too much is open.`,
      ),
    ),
    ...more.map(({ chain, rule }) =>
      error(
        RULES,
        `Цепочка ${chain}: правила «${rule}» у этого профиля нет, оно может впустить посторонних.`,
        `The chain ${chain}: the rule "${rule}" is not of this profile; it may let outsiders in.`,
      ),
    ),
  ];
}

interface Line {
  /** "-" outside of any. */
  readonly chain: string;
  readonly rule: string;
}

function linesOf(text: string): readonly Line[] {
  let chain = "-";
  const lines: Line[] = [];
  for (const whole of text.split("\n")) {
    const rule = whole.replace(/#.*$/, "").trim().replace(/\s+/g, " ");
    if (rule === "") continue;
    chain = /^chain (\S+) \{$/.exec(rule)?.[1] ?? chain;
    lines.push({ chain, rule });
    if (rule === "}") chain = "-";
  }
  return lines;
}

/** Refuses, or lets the device itself out. */
const isHarmless = ({ chain, rule }: Line): boolean =>
  /^[^;{}]*\b(drop|reject)$/.test(rule) || (chain === "output" && /^(tcp|udp) dport [\d ,{}-]+ accept$/.test(rule));
