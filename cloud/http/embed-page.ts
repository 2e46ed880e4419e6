import { standardAveraging } from "../air/averagings.ts";
import type { Pollutant } from "../air/pollutants.ts";
import { type Judgement, judge } from "../air/standards/index-of.ts";
import type { Standard } from "../air/standards/standard.ts";
import { unitOf } from "../air/units.ts";
import { GOOD_CONFIDENCE } from "../air/windows/minute-windows.ts";
import { EMBED_WORDS } from "./embed-words.ts";
import { escaped } from "./escaped.ts";
import type { AirValue, Averaging, StationFeature } from "./schemas.ts";

export interface EmbedParts {
  readonly station: StationFeature;
  readonly standard: Standard;
  readonly pollutant: Pollutant;
  readonly average: Averaging;
}

/** Judged only where it is of now and can be relied on. */
function judged({ station, standard, pollutant, average }: EmbedParts, air: AirValue | null): Judgement | null {
  const { status } = station.properties;
  const isSilent = status === "offline" || status === "never";
  if (air === null || air.value === null || air.confidence < GOOD_CONFIDENCE || (isSilent && average === "now"))
    return null;
  const { value, coverage } = air;
  const result = judge(standard, { pollutant, averaging: standardAveraging[average], value, coverage });
  return "none" in result ? null : result;
}

function markOf(judgement: Judgement | null): string {
  if (judgement === null) return "–";
  const { index, multiple, isAtLeast } = judgement;
  if (index !== null) return `${Math.round(index)}${isAtLeast ? "+" : ""}`;
  return multiple === null ? "●" : `${multiple.toFixed(1)}×`;
}

/**
 * One station for a frame on another site: a page without scripts, cookies or files.
 * It says of when its value is and what is to be doubted about it, or that nothing is known of now.
 */
export function embedPage(language: "en" | "ru", parts: EmbedParts): string {
  const { station, standard, pollutant, average } = parts;
  const { id, name, air: all, demo, status } = station.properties;
  const words = EMBED_WORDS[language];
  const air = all[pollutant]?.[average] ?? null;
  const judgement = judged(parts, air);
  const isDoubtful = air !== null && (air.value === null || air.confidence < GOOD_CONFIDENCE || air.flags.length > 0);
  const value = air?.value ?? null;
  const said = value === null ? "–" : `${Number(value.toFixed(1)).toLocaleString(language)} ${unitOf(pollutant)}`;
  const facts = [
    `${words.pollutant(pollutant)} ${said}, ${words.average[average]}`,
    standard.shortName[language],
    ...(air === null ? [] : [`<time datetime="${iso(air.at)}">${when(language, air.at)}</time>`]),
  ];
  const doubts = [
    ...(status === "live" ? [] : [words.status[status]]),
    ...(isDoubtful ? [words.doubtful] : []),
    ...(judgement?.isIndicative === true ? [words.hint] : []),
    ...(demo ? [words.demo] : []),
  ];
  const colour = judgement?.category.colour ?? "#e4e7e5";
  const query = new URLSearchParams({ standard: standard.id, pollutant, average, lang: language });
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name[language])}</title><style>${STYLE}</style></head>
<body><a href="/#/station/${id}?${escaped(query.toString())}" target="_blank" rel="noopener">
<span class="mark" style="background:${colour}"><b>${markOf(judgement)}</b></span>
<span><strong>${escaped(judgement === null ? words.unjudged : judgement.category.name[language])}</strong>
<span>${escaped(name[language])}</span><small>${facts.join(" · ")}</small>
${doubts.length === 0 ? "" : `<em>${escaped(doubts.join("; "))}</em>`}</span></a></body></html>
`;
}

/** In UTC and said so: the server does not know the reader's time zone. */
const when = (language: "en" | "ru", ms: number): string =>
  new Intl.DateTimeFormat(language === "en" ? "en-GB" : "ru-RU", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
    timeZoneName: "short",
  }).format(ms);

const iso = (ms: number): string => new Date(ms).toISOString();

/** The number stands on white, so that it can be read on every colour of every standard. */
const STYLE = `*{box-sizing:border-box}body{margin:0;font:15px/1.35 system-ui,sans-serif;color:#182025;background:#fff}
a{display:flex;gap:12px;align-items:center;min-height:100vh;padding:10px 12px;color:inherit;text-decoration:none}
a:focus-visible{outline:3px solid #0b5fff;outline-offset:-3px}.mark{flex:none;display:grid;place-items:center;width:64px;height:64px;
border-radius:50%;border:2px solid #182025}.mark b{padding:1px 6px;border-radius:9px;background:#fff;font-size:17px}
a>span>*{display:block}strong{font-size:17px}small{font-size:13px;color:#4a555c}small time{white-space:nowrap}
em{font-size:13px;font-style:normal;font-weight:600;color:#8a2a10}`;
