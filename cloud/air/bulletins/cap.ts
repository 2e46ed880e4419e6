import { z } from "zod";
import { Bulletin, type BulletinName } from "./bulletin.ts";
import { BadXml, type Element, readXml } from "./xml.ts";

/** OASIS Common Alerting Protocol 1.2. */
const CAP = "urn:oasis:names:tc:emergency:cap:1.2";

/** The message is no CAP that can be carried; the text says what is wrong with it. */
export class BadCap extends Error {}

/** The parameter that says the declared degree; what else a message tells of it is left to its readers. */
const DEGREE_PARAMETERS = ["nmu-degree", "НМУ", "степень НМУ"];

/**
 * Reads one CAP 1.2 message (UTF-8). Only `Actual` and `Public` ones are carried. Of several `info` the Russian one is
 * taken, else the first. Throws `BadCap`.
 */
export function readCap(bytes: Uint8Array): Bulletin {
  const alert = documentOf(bytes);
  if (alert.name !== "alert" || alert.namespace !== CAP) throw new BadCap(`the document is no <alert xmlns="${CAP}">`);
  if (textOf(alert, "status") !== "Actual") throw new BadCap("only messages with status Actual are carried");
  if (textOf(alert, "scope") !== "Public") throw new BadCap("only messages with scope Public are carried");
  const infos = all(alert, "info");
  const info = infos.find((one) => textOf(one, "language")?.toLowerCase().startsWith("ru")) ?? infos[0];
  const msgType = textOf(alert, "msgType")?.toLowerCase();
  const event = info === undefined ? undefined : (textOf(info, "headline") ?? textOf(info, "event"));
  const areas = info === undefined ? [] : all(info, "area").flatMap((area) => textOf(area, "areaDesc") ?? []);
  // A cancellation may come without info: what it ends says all there is.
  const ofCancel =
    msgType === "cancel" ? { headline: event ?? "cancelled", area: areas.join("; ") || "as before" } : {};
  const parsed = Bulletin.safeParse({
    identifier: textOf(alert, "identifier"),
    sender: textOf(alert, "sender"),
    sent: momentOf(textOf(alert, "sent")),
    msgType,
    references: referencesOf(textOf(alert, "references")),
    degree: info === undefined ? null : degreeOf(info),
    headline: event,
    description: orNull(info, "description"),
    instruction: orNull(info, "instruction"),
    area: areas.length === 0 ? undefined : areas.join("; "),
    onset: momentOf(orNull(info, "onset") ?? orNull(info, "effective")) ?? null,
    expires: momentOf(orNull(info, "expires")) ?? null,
    web: orNull(info, "web"),
    language: orNull(info, "language") ?? "ru",
    ...ofCancel,
  });
  if (!parsed.success) throw new BadCap(z.prettifyError(parsed.error));
  return parsed.data;
}

function documentOf(bytes: Uint8Array): Element {
  try {
    return readXml(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (error instanceof BadXml) throw new BadCap(error.message);
    throw new BadCap("the message is not UTF-8");
  }
}

const all = (element: Element, name: string): readonly Element[] =>
  element.children.filter((child) => child.name === name && child.namespace === element.namespace);

const textOf = (element: Element, name: string): string | undefined => {
  const text = all(element, name)[0]?.text;
  return text === "" ? undefined : text;
};

const orNull = (info: Element | undefined, name: string): string | null =>
  info === undefined ? null : (textOf(info, name) ?? null);

/** `sender,identifier,sent`, separated by white space. */
function referencesOf(text: string | undefined): readonly Partial<BulletinName>[] {
  if (text === undefined) return [];
  return text.split(/\s+/).map((reference) => {
    const [sender = "", identifier = "", sent = "", ...more] = reference.split(",");
    if (more.length > 0) throw new BadCap(`${JSON.stringify(reference.slice(0, 80))} is no reference`);
    return { sender, identifier, sent: momentOf(sent) ?? "" };
  });
}

/** CAP writes UTC as -00:00. */
const momentOf = (text: string | null | undefined): string | undefined => text?.replace(/-00:00$/, "+00:00");

function degreeOf(info: Element): number | null {
  const said = all(info, "parameter").find((one) => DEGREE_PARAMETERS.includes(textOf(one, "valueName") ?? ""));
  const value = said === undefined ? undefined : textOf(said, "value");
  return value !== undefined && /^[123]$/.test(value) ? Number(value) : null;
}
