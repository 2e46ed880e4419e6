import { SampleStatus } from "#contract/messages.ts";

/**
 * Why a value is to be doubted, in one word each, with what the word means. A word never takes a value away: the value stays
 * with its flags, and whoever uses it decides.
 */
export const FLAG_MEANING = {
  "out-of-range": "outside of what the instrument can measure, or of what can be",
  spike: "a sudden jump that neither the sensor's second channel nor its neighbours saw",
  flatline: "the very same value, not zero, for hours",
  "channels-disagree": "the two channels of one device differ by more than 5 µg/m³ and 70 %",
  humid: "so humid (over 85 %) that the particles have swollen with water, and no correction for it was possible",
  fog: "as good as saturated air (over 95 %): droplets are counted as particles",
  "too-cold": "colder than the instrument is made for",
  "too-hot": "hotter than the instrument is made for",
  "neighbours-differ": "far from what at least three stations within 10 km say of the same two hours",
  drift: "for weeks further and further from the neighbours",
  "clock-unsure": "the device's clock was not set by satellites or network when it measured",
  replayed: "kept on the device through an outage and sent afterwards",
  "time-repaired": "the device did not know the time; it was derived later",
  late: "came more than two hours after it was measured: hours shown before did not have it",
} as const;

/** A reason of our own. */
export type OwnFlag = keyof typeof FLAG_MEANING;
/** A reason of the device: `device:` and one of its status words. */
export type DeviceFlag = `device:${string}`;
export type Flag = OwnFlag | DeviceFlag;

const DEVICE_WORD = /^device:[a-z0-9-]{1,32}$/;
const ownFlags: ReadonlySet<string> = new Set(Object.keys(FLAG_MEANING));

/** The status words of a sample that our own devices write, as flags. */
export const KNOWN_DEVICE_FLAGS: readonly DeviceFlag[] = SampleStatus.options.map(
  (word): DeviceFlag => `device:${word}`,
);

/** Whether a word is one of ours or of a device. */
export const isFlag = (word: string): word is Flag => ownFlags.has(word) || DEVICE_WORD.test(word);

/** The field `flags` as a list, in its order; what is no flag is left out. */
export const flagsOf = (field: string): readonly Flag[] => field.split(",").filter(isFlag);
