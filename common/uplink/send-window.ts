/** Which messages are under way, and how far each class is acknowledged without a hole. */
export interface SendWindow {
  /** How many more may be sent. */
  readonly room: number;
  readonly inFlight: number;
  sent(recordClass: string, seq: number): void;
  /** Notes an acknowledgement; gives the number up to which the class is now acknowledged, if that moved. */
  acknowledged(recordClass: string, seq: number): number | undefined;
}

/**
 * A window of `size` messages over all classes; within a class they must be sent in rising order.
 *
 * One that is acknowledged before an older one of its class keeps its room, so that a single lost answer stops the
 * window, which is seen, instead of letting it grow.
 */
export function createSendWindow(size: number): SendWindow {
  const underWay = new Map<string, Map<number, boolean>>();
  let inFlight = 0;
  return {
    get room() {
      return size - inFlight;
    },
    get inFlight() {
      return inFlight;
    },
    sent: (recordClass, seq) => {
      const ofClass = underWay.get(recordClass) ?? new Map<number, boolean>();
      ofClass.set(seq, false);
      underWay.set(recordClass, ofClass);
      inFlight += 1;
    },
    acknowledged: (recordClass, seq) => {
      const ofClass = underWay.get(recordClass);
      if (ofClass?.get(seq) !== false) return undefined;
      ofClass.set(seq, true);
      let upTo: number | undefined;
      for (const [number, isAcknowledged] of ofClass) {
        if (!isAcknowledged) break;
        ofClass.delete(number);
        inFlight -= 1;
        upTo = number;
      }
      return upTo;
    },
  };
}
