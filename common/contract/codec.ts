import { z } from "zod";
import { AppError } from "#kit/errors.ts";
import { type Chunk, ChunkHeader, JsonMessage, type Message } from "./messages.ts";
import type { Address } from "./names.ts";
import { foldSamples, NoTable, unfoldSamples } from "./sample-table.ts";
import { parseTopic } from "./topics.ts";

/** Why bytes are not a message of ours; the code is what dead letters are counted by. */
export type RejectionCode = "malformed" | "wrong-topic" | "unknown-version";

/** Bytes that are not a message of ours: they go to the dead letters, waiting does not help. */
export class Rejected extends AppError {
  readonly code: RejectionCode;
  readonly retry = false;
  constructor(code: RejectionCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const NEWLINE = 0x0a;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The bytes of a JSON message (a reading's samples as columns) or of a chunk (one line of JSON, a newline, the piece of
 * the photo).
 */
export function encode(message: Message): Uint8Array {
  if (message.kind === "reading") return Buffer.from(JSON.stringify(foldSamples(message)));
  if (message.kind !== "chunk") return Buffer.from(JSON.stringify(message));
  const { bytes, ...header } = message;
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), bytes]);
}

/** A message and who sent it. */
export interface Decoded {
  readonly address: Address;
  readonly message: Message;
}

/**
 * Parses what came on a topic.
 *
 * Throws `Rejected`: `wrong-topic` where the topic is not a durable one or belongs to another kind, `unknown-version`
 * where `v` is not 1, `malformed` for everything else that is not as messages.ts says.
 */
export function decode(topic: string, bytes: Uint8Array): Decoded {
  const parsed = parseTopic(topic);
  if (parsed?.kind !== "data") throw new Rejected("wrong-topic", `no durable topic: ${topic}`);
  const message = parsed.stream === "chunk" ? decodeChunk(bytes) : decodeJson(bytes);
  if (message.kind !== parsed.stream) {
    throw new Rejected("wrong-topic", `a ${message.kind} came on the topic of a ${parsed.stream}`);
  }
  return { address: parsed.address, message };
}

function decodeJson(bytes: Uint8Array): Message {
  const json = parseJson(bytes);
  requireVersion(json);
  const parsed = JsonMessage.safeParse(unfold(json));
  if (!parsed.success) throw new Rejected("malformed", z.prettifyError(parsed.error));
  return parsed.data;
}

function unfold(json: unknown): unknown {
  try {
    return unfoldSamples(json);
  } catch (cause) {
    if (cause instanceof NoTable) throw new Rejected("malformed", cause.message, { cause });
    throw cause;
  }
}

function decodeChunk(bytes: Uint8Array): Chunk {
  const end = bytes.indexOf(NEWLINE);
  if (end < 0) throw new Rejected("malformed", "a chunk needs one line of JSON and a newline before its bytes");
  const json = parseJson(bytes.subarray(0, end));
  requireVersion(json);
  const parsed = ChunkHeader.safeParse(json);
  if (!parsed.success) throw new Rejected("malformed", z.prettifyError(parsed.error));
  return { ...parsed.data, bytes: bytes.subarray(end + 1) };
}

/** Every message passes here: a schema of its own for one member took as long as parsing the JSON. */
function requireVersion(json: unknown): void {
  const hasVersion = typeof json === "object" && json !== null && "v" in json && json.v !== undefined;
  if (hasVersion && json.v !== 1) {
    throw new Rejected("unknown-version", `version ${JSON.stringify(json.v)} is not known here, 1 is`);
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new Rejected("malformed", "not JSON in UTF-8", { cause });
  }
}
