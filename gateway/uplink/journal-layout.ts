import { CONSUMER_GROUPS, classOfStream, RECORD_CLASSES } from "#contract/topics.ts";
import { groupsOf, type ParentSettings } from "../../firmware-config/settings/parent-settings.ts";

/** The uplink's reader in the gateway's journal. */
export const UPLINK_READER = "uplink";
/** The class of records that the parent does not take, or that the uplink may not bring it. */
export const ASIDE_CLASS = "aside";

/** The classes of worth that each consumer group reads, in order of worth: its readers in the journal. */
export const GROUP_CLASSES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(CONSUMER_GROUPS).map(([group, streams]) => {
    const classes = new Set<string>(streams.map(classOfStream));
    return [group, RECORD_CLASSES.filter((recordClass) => classes.has(recordClass))];
  }),
);

/** What a gateway's journal holds, and who reads it: its consumer groups and, where it has a parent, the uplink. */
export interface JournalLayout {
  readonly classes: readonly string[];
  /** The classes of each consumer group, in order of worth. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly readers: Readonly<Record<string, readonly string[]>>;
}

/** The layout that settings ask for. */
export function journalLayout(settings: ParentSettings): JournalLayout {
  const wanted = groupsOf(settings);
  const groups = Object.fromEntries(Object.entries(GROUP_CLASSES).filter(([group]) => wanted.includes(group)));
  if (settings.PARENT_URL === undefined) return { classes: RECORD_CLASSES, groups, readers: groups };
  const classes = [...RECORD_CLASSES, ASIDE_CLASS];
  return { classes, groups, readers: { ...groups, [UPLINK_READER]: classes } };
}
