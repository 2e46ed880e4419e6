import type { Share } from "./assignment.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { ConsumerSession } from "./consumer-session.ts";
import type { Lane } from "./lane.ts";

/** A connection as a member of one group: its lanes, one for each class in order of worth, and its share of devices. */
export class Member implements Share {
  readonly group: ConsumerGroup;
  readonly session: ConsumerSession;
  lanes: readonly Lane[] = [];
  devices = 0;
  /** Deliveries of this group that it has not acknowledged. */
  inFlight = 0;

  constructor(group: ConsumerGroup, session: ConsumerSession) {
    this.group = group;
    this.session = session;
  }

  get keepsUp(): boolean {
    return this.lanes.every(({ isLive }) => isLive);
  }
}
