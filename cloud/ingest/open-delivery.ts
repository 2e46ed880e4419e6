import { z } from "zod";
import { decode, Rejected } from "#contract/codec.ts";
import { ChunkHeader, type Message } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { parseTopic } from "#contract/topics.ts";
import { messageOf } from "#kit/errors.ts";
import type { Letter, Problem } from "../store/state/dead-letters.ts";
import type { Place } from "../store/state/log-book.ts";

/** A delivery that is a message of ours. */
export interface OpenedMessage<M extends Message = Message> {
  readonly letter: Letter;
  readonly address: Address;
  readonly place: Place;
  readonly message: M;
}

/** A delivery after a look inside: a message, or a problem with what could still be told of its place. */
export type Opened =
  | (OpenedMessage & { readonly problem: undefined })
  | { readonly letter: Letter; readonly place: Place | undefined; readonly problem: Problem };

/** Looks inside a delivery; never throws, since the same bytes would only come again. */
export function openDelivery(letter: Letter): Opened {
  try {
    const { address, message } = decode(letter.topic, letter.payload);
    return { letter, address, message, place: { ...address, log: message.log, seq: message.seq }, problem: undefined };
  } catch (error) {
    const reason = error instanceof Rejected ? error.code : "internal";
    return { letter, place: placeOf(letter), problem: { reason, detail: messageOf(error) } };
  }
}

/** The JSON text of a durable message: all of it, or the first line of a chunk. */
export function jsonTextOf({ payload }: Letter, isChunk: boolean): string {
  const end = isChunk ? payload.indexOf(0x0a) : -1;
  return new TextDecoder().decode(end < 0 ? payload : payload.subarray(0, end));
}

const Numbered = z.looseObject({ log: ChunkHeader.shape.log, seq: ChunkHeader.shape.seq });

/** The log and number of a message that is otherwise unusable, so that its sender need not wait for it. */
function placeOf(letter: Letter): Place | undefined {
  const topic = parseTopic(letter.topic);
  if (topic?.kind !== "data") return undefined;
  try {
    const { log, seq } = Numbered.parse(JSON.parse(jsonTextOf(letter, topic.stream === "chunk")));
    return { ...topic.address, log, seq };
  } catch {
    // Nobody can say which message this was; it is kept as a dead letter all the same.
    return undefined;
  }
}
