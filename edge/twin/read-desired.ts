import { limits } from "#contract/limits.ts";
import { DesiredDoor } from "#contract/twin.ts";
import { SignedUpdate } from "#contract/updates.ts";
import { type Refusal, refusal } from "./judge-settings.ts";

/** What the cloud wants, as far as it could be read. */
export interface Wanted {
  readonly rev: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly updates: readonly SignedUpdate[];
  readonly refused: readonly Refusal[];
}

/** A device has a model and its software, so more than a few at once is a mistake (contract, `Desired`). */
const MAX_UPDATES = 4;

/** Reads what is wanted; a text is why nothing of it can be taken. Never throws, whatever the bytes are. */
export function readDesired(bytes: Uint8Array): Wanted | string {
  if (bytes.length > limits.retainedBytes) return `is ${bytes.length} bytes, at most ${limits.retainedBytes} are taken`;
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return "is no JSON";
  }
  const door = DesiredDoor.safeParse(json);
  if (!door.success) {
    const [issue] = door.error.issues;
    return `is not understood by this software (${issue?.path.join(".")}: ${issue?.message})`;
  }
  const { rev, settings, updates } = door.data;
  const read = updates.slice(0, MAX_UPDATES).map((update) => SignedUpdate.safeParse(update));
  const unreadable = read.flatMap(({ error }, i) => {
    const [issue] = error?.issues ?? [];
    return issue === undefined ? [] : [refusal(`updates.${i}`, `${issue.path.join(".")}: ${issue.message}`)];
  });
  const tooMany = refusal("updates", `${updates.length} updates, at most ${MAX_UPDATES} are taken`);
  return {
    rev,
    settings,
    updates: read.flatMap(({ data }) => (data === undefined ? [] : [data])),
    refused: [...unreadable, ...(updates.length > MAX_UPDATES ? [tooMany] : [])],
  };
}
