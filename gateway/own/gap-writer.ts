import { z } from "zod";
import { Gap, MAX_SPEAKERS } from "#contract/messages.ts";
import { type Address, clientIdOf, DeviceName, RESERVED_TENANT } from "#contract/names.ts";
import { classOfStream, parseTopic, type Stream, topics } from "#contract/topics.ts";
import type { GapContext, GapWriter, Loss } from "#journal/budget.ts";
import type { StoredRecord } from "#journal/journal.ts";
import type { Ranges } from "#kit/ranges.ts";

/** Why a gateway drops. */
const REASON = "budget";
/** The value that holds the gateway's log of gaps and the last number in it. */
const POSITION = "gaps";
/** A device that draws new logs without end gets no gap for each: beyond this its records count as unreadable. */
const LOGS_PER_DEVICE = 16;
/** What we write ourselves begins with log and number, and most devices do so: this much is looked at first. */
const HEAD_BYTES = 160;
const HEAD = /^\{"log":"([A-Za-z0-9_-]{1,64})","seq":([1-9]\d{0,14}),/;
const NEWLINE = 0x0a;

const Owner = z.object({ name: DeviceName, newLog: z.string() });
const Stamp = z.object({ at: z.number().int(), boot: z.string(), up: z.number().int() });
const Place = Gap.pick({ log: true, seq: true });
const Said = Gap.pick({
  ...{ lostTenant: true, lostDevice: true, lostLog: true, class: true, ranges: true, of: true },
  saidBy: true,
});

/** Whose numbers of which log and class a gap says. No log: numbers of the journal, of records that nobody could read. */
interface Lost extends Address {
  readonly log: string;
  readonly lostClass: string;
  /** Other gateways that said so first: what is known by them is never mixed with what is known here. */
  readonly saidBy?: readonly string[];
}

const keyOf = ({ tenant, device, log, lostClass, saidBy = [] }: Lost): string =>
  `${tenant}:${device}:${log}:${saidBy.join("+")}:${lostClass}`;

function lostOf(key: string): Lost {
  const [tenant = "", device = "", log = "", speakers = "", ...rest] = key.split(":");
  return { tenant, device, log, lostClass: rest.join(":"), saidBy: speakers === "" ? [] : speakers.split("+") };
}

/**
 * Says what a gateway drops as messages of its own, on its `d/gap`: one pending gap for each device, log and
 * class. A record's number is read from its body; where that cannot be read, the gap says the journal's number instead.
 *
 * A gap of a device that is dropped is said anew with its own number: what it named would be late for ever. So is that of
 * another gateway, with its name: whether it may speak of that device is for the cloud to judge.
 */
export function createGapWriter({ owner, stamp, values }: GapContext): GapWriter {
  const { name, newLog } = Owner.parse(owner);
  const { at, boot, up } = Stamp.parse(stamp);
  const own: Address = { tenant: RESERVED_TENANT, device: name };
  const topic = topics.data(own, "gap");
  const logs = new Map<string, Set<string>>();

  const isKnownLog = (sender: Address, log: string): boolean => {
    const known = logs.get(clientIdOf(sender)) ?? new Set();
    logs.set(clientIdOf(sender), known);
    if (known.size < LOGS_PER_DEVICE) known.add(log);
    return known.has(log);
  };
  const lossesOf = ({ n, topic: of, bytes, recordClass }: StoredRecord): readonly Loss[] => {
    const parsed = parseTopic(of);
    const [sender, stream] = parsed?.kind === "data" ? [parsed.address, parsed.stream] : [own, undefined];
    const lostClass = stream === undefined ? recordClass : classOfStream(stream);
    const place = placeOf(bytes, stream);
    if (place === undefined || !isKnownLog(sender, place.log)) {
      return [{ key: keyOf({ ...sender, log: "", lostClass }), ranges: [[n, n]] }];
    }
    const itself = { key: keyOf({ ...sender, log: place.log, lostClass }), ranges: [[place.seq, place.seq] as const] };
    const said = stream === "gap" ? lossSaidBy(sender, own, bytes) : undefined;
    return said === undefined ? [itself] : [itself, said];
  };
  return {
    lossesOf,
    write: (key, ranges) => {
      const [log = newLog, last = "0"] = values.get(POSITION)?.split(" ") ?? [];
      const seq = Number(last) + 1;
      const place = { log, seq, id: `${log}-${seq}`, v: 1 as const, at, clock: "rtc" as const, boot, up };
      const gap: Gap = {
        ...place,
        kind: "gap",
        ...saying(lostOf(key), ranges, log),
        reason: REASON,
        by: clientIdOf(own),
      };
      return {
        record: { topic, bytes: Buffer.from(JSON.stringify(gap)) },
        values: { [POSITION]: `${log} ${seq}` },
      };
    },
  };
}

function saying({ tenant, device, log, lostClass, saidBy = [] }: Lost, ranges: Ranges, ownLog: string) {
  return {
    lostTenant: tenant,
    lostDevice: device,
    lostLog: log === "" ? ownLog : log,
    class: lostClass,
    ranges: ranges.map(([first, last]): [number, number] => [first, last]),
    ...(log === "" ? { of: "journal" as const } : {}),
    ...(saidBy.length === 0 ? {} : { saidBy: [...saidBy] }),
  };
}

/** What a gap named, as a loss of its own. A device speaks of itself, a gateway says of whom, and who said it to it. */
function lossSaidBy(sender: Address, own: Address, bytes: Uint8Array): Loss | undefined {
  const said = Said.safeParse(parseJson(bytes));
  if (!said.success) return undefined;
  const { lostTenant, lostDevice, lostLog, class: lostClass, of } = said.data;
  const ranges = said.data.ranges.filter(([first, last]) => first <= last);
  const isGateway = sender.tenant === RESERVED_TENANT;
  const lost = isGateway ? { tenant: lostTenant ?? "", device: lostDevice ?? "" } : sender;
  const saidBy = isGateway ? speakersOf(said.data.saidBy ?? [], sender.device, own.device) : [];
  if (lost.tenant === "" || lost.device === "" || ranges.length === 0 || saidBy.length > MAX_SPEAKERS) return undefined;
  return { key: keyOf({ ...lost, log: of === "journal" ? "" : lostLog, lostClass, saidBy }), ranges };
}

/** Who said it before us, the first one first. */
const speakersOf = (before: readonly string[], sender: string, own: string): readonly string[] =>
  sender === own || before.includes(sender) ? before : [...before, sender];

function placeOf(bytes: Uint8Array, stream: Stream | undefined): { log: string; seq: number } | undefined {
  const head = HEAD.exec(
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString("latin1"),
  );
  if (head?.[1] !== undefined) return { log: head[1], seq: Number(head[2]) };
  const end = stream === "chunk" ? bytes.indexOf(NEWLINE) : bytes.length;
  const place = Place.safeParse(parseJson(bytes.subarray(0, Math.max(0, end))));
  return place.success ? place.data : undefined;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    // Whatever a device sends is taken; what is no JSON has no number of its own.
    return undefined;
  }
}
