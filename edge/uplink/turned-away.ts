/** Ends that say nothing of what was signed in with: the broker was not reached, or there was nothing to sign in with. */
const NOT_ASKED: readonly string[] = [
  "no-certificate",
  ...["econnrefused", "enotfound", "eai_again", "etimedout", "ehostunreach", "enetunreach"].map(
    (code) => `broker-${code}`,
  ),
];
/** So many times in a row are no accident, within seconds; */
const FIRST_AFTER = 3;
/** later, with the back-off of the link, about every quarter of an hour: a whole fleet may have lost one broker. */
const THEN_EVERY = 60;

/** Tells from the ends of connections whether the broker may have something against what is signed in with. */
export interface TurnedAway {
  /** Judges one more end, with the number of connections that were accepted so far. */
  isDoubtful(code: string, connections: number): boolean;
}

/**
 * A broker says no in an answer, but one that looks at certificates before it speaks MQTT just hangs up, which is all that
 * is heard of an expired one: so several ends in a row without an answer cast doubt, too.
 */
export function countTurnedAway(): TurnedAway {
  let unanswered = 0;
  let accepted = 0;
  return {
    isDoubtful: (code, connections) => {
      if (code === "broker-refused") return true;
      const wasAccepted = connections > accepted;
      accepted = connections;
      if (wasAccepted) unanswered = 0;
      if (wasAccepted || NOT_ASKED.includes(code)) return false;
      unanswered += 1;
      return unanswered === FIRST_AFTER || unanswered % THEN_EVERY === 0;
    },
  };
}
