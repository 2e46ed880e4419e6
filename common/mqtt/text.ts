import { isUtf8 } from "node:buffer";
import { ProtocolError } from "./framer.ts";

/** What stands for broken UTF-8 in a decoded string; it may also have been sent as itself. */
const REPLACEMENT = "\ufffd";
/**
 * U+0000 must not be in a text; the other control characters and the non-characters should not, and a receiver may close
 * over them (MQTT 3.1.1, 1.5.3). We do: nobody who means well sends them.
 */
const UNWANTED = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;

/** Decodes a text of a packet. Throws `ProtocolError` at broken UTF-8 (surrogates are that, too) and unwanted characters. */
export function decodeText(bytes: Buffer, from: number, to: number, what: string): string {
  const text = bytes.toString("utf8", from, to);
  if (UNWANTED.test(text) || (text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(from, to)))) {
    throw new ProtocolError("malformed-packet", `${what} that is no text as MQTT wants it`);
  }
  return text;
}

/** Whether this may be the topic of a message: at least one character, no wildcard. */
export const isTopicName = (topic: string): boolean => topic !== "" && !/[#+]/.test(topic);

/** Whether this may be subscribed to: each wildcard is alone in its level, `#` only in the last one. */
export function isTopicFilter(filter: string): boolean {
  if (filter === "") return false;
  const levels = filter.split("/");
  return levels.every((level, i) => level === "+" || (level === "#" && i === levels.length - 1) || !/[#+]/.test(level));
}
