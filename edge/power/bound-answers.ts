/** Asks a place; undefined where it does not answer in time, or has not answered since it was asked before. */
export type AskInTime = <Answer>(place: string, read: () => Promise<Answer>) => Promise<Answer | undefined>;

/** Waits for each answer so long; `onHung` hears of a place once each time it begins to be late. */
export function boundAnswers(withinMs: number, onHung: (place: string) => void = () => {}): AskInTime {
  const unanswered = new Set<string>();
  return async (place, read) => {
    if (unanswered.has(place)) return undefined;
    unanswered.add(place);
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      onHung(place);
      late.resolve(undefined);
    }, withinMs);
    const answer = read().finally(() => {
      clearTimeout(timer);
      unanswered.delete(place);
    });
    return await Promise.race([answer, late.promise]);
  };
}
