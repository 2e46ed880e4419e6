import type { Journal } from "#journal/journal.ts";
import type { RecordAges } from "../record-ages.ts";
import type { RetainedMessages } from "../retained/retained-messages.ts";
import { type InspectReport, MOST_LISTED, type SessionReport } from "./report.ts";

/** What a running gateway is looked into by. */
export interface Inspected {
  readonly journal: Journal;
  readonly ages: RecordAges;
  readonly retained: Pick<RetainedMessages, "sizes">;
  readonly sessions: () => readonly SessionReport[];
}

/** What the running gateway holds. */
export function inspectGateway({ journal, ages, retained, sessions }: Inspected): InspectReport {
  const { newest, isHealthy, pending, oldest } = journal.stats();
  const open = sessions();
  const kept = [...retained.sizes()];
  return {
    from: "gateway",
    journal: {
      newest,
      isHealthy,
      classes: Object.entries(pending).map(([name, count]) => {
        const n = oldest[name] ?? null;
        return { class: name, pending: count, oldest: n, oldestS: n === null ? null : ages.ageS(n) };
      }),
    },
    cursors: journal.cursors().map(({ reader, recordClass, n }) => ({ reader, class: recordClass, at: n })),
    sessions: { of: open.length, list: open.slice(0, MOST_LISTED) },
    retained: {
      of: kept.length,
      list: kept.slice(0, MOST_LISTED).map(([topic, bytes]) => ({ topic, bytes })),
    },
  };
}
