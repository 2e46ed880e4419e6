import { Gap, MAX_SPEAKERS } from "#contract/messages.ts";
import { type Address, clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { classOfStream, parseTopic, topics } from "#contract/topics.ts";
import type { Journal, NewRecord, Values } from "#journal/journal.ts";
import type { Clock } from "#kit/clock.ts";
import type { Outgoing } from "#uplink/send-queue.ts";

/** Says anew what gateways behind this one have lost. */
export interface GapRelay {
  /** Whether a record is a gap of another gateway that this one can say. */
  takes(record: Outgoing): boolean;
  /** Gaps that it takes, as this gateway's own with their place in its log; both are to be appended at once. */
  sayAnew(gaps: readonly Outgoing[]): { readonly records: readonly NewRecord[]; readonly values: Values };
}

/** Who says so; `mark` is random, for this run. */
export interface GapRelayParts {
  readonly journal: Pick<Journal, "value">;
  readonly own: Address;
  readonly mark: string;
  readonly clock: Clock;
}

/** The value that holds the log of such gaps and the last number in it; apart from that of the journal's own gaps. */
const POSITION = "relayed-gaps";

/**
 * The parent takes messages of the nearest gateway only, so a gap of one behind it would stop here and its loss be silent.
 * It keeps what it names and who said it (`saidBy`): whether each of them may is for the cloud to judge.
 */
export function createGapRelay({ journal, own, mark, clock }: GapRelayParts): GapRelay {
  const topic = topics.data(own, "gap");
  const startedMs = clock.monotonicMs();
  const readGap = (record: Outgoing) => {
    const parsed = parseTopic(record.topic);
    if (parsed?.kind !== "data" || parsed.stream !== "gap") return undefined;
    const { tenant, device: speaker } = parsed.address;
    if (tenant !== RESERVED_TENANT || speaker === own.device) return undefined;
    const { success, data: gap } = Gap.safeParse(parseJson(record.bytes));
    if (!success || gap.lostTenant === undefined || gap.lostDevice === undefined) return undefined;
    const saidBy = [...new Set([...(gap.saidBy ?? []), speaker])];
    return saidBy.length > MAX_SPEAKERS ? undefined : { ...gap, saidBy };
  };
  return {
    takes: (record) => readGap(record) !== undefined,
    sayAnew: (gaps) => {
      const [log = mark, last = "0"] = journal.value(POSITION)?.split(" ") ?? [];
      const read = gaps.map(readGap).filter((gap) => gap !== undefined);
      const at = Math.round(clock.nowMs());
      const up = Math.max(0, Math.round(clock.monotonicMs() - startedMs));
      const records = read.map((gap, i): NewRecord => {
        const seq = Number(last) + 1 + i;
        const stamp = { v: 1 as const, at, clock: "rtc" as const, boot: mark, up };
        const anew: Gap = { ...gap, ...stamp, log, seq, id: `${log}-${seq}`, by: clientIdOf(own) };
        return { recordClass: classOfStream("gap"), topic, bytes: Buffer.from(JSON.stringify(anew)) };
      });
      return { records, values: { [POSITION]: `${log} ${Number(last) + records.length}` } };
    },
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    // A gateway may send what is no JSON; then there is no gap to say.
    return undefined;
  }
}
