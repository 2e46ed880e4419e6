/** The twin over one connection. */
export interface TwinTalk {
  /** Says what is in force, if it is not what was said last on this connection. */
  say(): void;
}

/** Publishes what is in force (retained, QoS 1) and calls back when the broker has acknowledged it. */
export type PublishReported = (text: string, onAcknowledged: () => void) => void;

/** Says what is in force (undefined: nothing now) over one connection: one message at a time, and then the newest, however often it changes. */
export function talkOver(
  publish: PublishReported,
  reported: () => string | undefined,
  onAcknowledged: () => void,
): TwinTalk {
  let said: string | undefined;
  let isUnderWay = false;
  const say = () => {
    const text = reported();
    if (isUnderWay || text === undefined || text === said) return;
    said = text;
    isUnderWay = true;
    publish(text, () => {
      isUnderWay = false;
      onAcknowledged();
      say();
    });
  };
  return { say };
}
