import { inspectJournalFile } from "#journal/inspect-file.ts";
import { retainedSizes } from "../retained/retained-messages.ts";
import { type InspectReport, MOST_LISTED } from "./report.ts";

/**
 * What the journal of a gateway holds that is not running. Throws `JournalInUse` when one is, `JournalUnavailable` when the
 * file is no journal.
 */
export function inspectFile(file: string): InspectReport {
  const { newest, classes, cursors, kept } = inspectJournalFile(file);
  const retained = retainedSizes(kept);
  return {
    from: "file",
    journal: {
      newest,
      isHealthy: true,
      classes: classes.map(({ recordClass, pending, oldest }) => ({
        class: recordClass,
        pending,
        oldest,
        oldestS: null,
      })),
    },
    cursors: cursors.map(({ reader, recordClass, n }) => ({ reader, class: recordClass, at: n })),
    sessions: { of: 0, list: [] },
    retained: { of: retained.length, list: retained.slice(0, MOST_LISTED) },
  };
}
