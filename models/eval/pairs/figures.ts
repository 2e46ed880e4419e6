import { randomFrom } from "../../random.ts";

/** A probability that was given, and the truth. */
export interface Scored {
  readonly isTrue: boolean;
  readonly p: number;
}

/** Area under the ROC curve: how often a true one gets more than a false one; ties count half. */
export function rocArea(scored: readonly Scored[]): number {
  const falses = scored.filter(({ isTrue }) => !isTrue).map(({ p }) => p);
  const trues = scored.filter(({ isTrue }) => isTrue).map(({ p }) => p);
  let sum = 0;
  for (const one of trues) for (const other of falses) sum += one > other ? 1 : one === other ? 0.5 : 0;
  return sum / (trues.length * falses.length);
}

/** The middle 95 % of a figure over 500 drawings of the examples with replacement. */
export function bootstrap(scored: readonly Scored[], figure: (some: readonly Scored[]) => number): [number, number] {
  const random = randomFrom(11);
  const values = Array.from({ length: 500 }, () =>
    figure(scored.map(() => scored[Math.floor(random() * scored.length)] ?? { isTrue: false, p: 0 })),
  ).filter((value) => Number.isFinite(value));
  values.sort((a, b) => a - b);
  return [
    values[Math.floor(values.length * 0.025)] ?? Number.NaN,
    values[Math.floor(values.length * 0.975)] ?? Number.NaN,
  ];
}

/** Wilson's interval of a share (95 %): sound for small numbers and for none at all. */
export function wilson(hits: number, all: number): [number, number] {
  const z = 1.96;
  const share = hits / all;
  const middle = (share + (z * z) / (2 * all)) / (1 + (z * z) / all);
  const half = (z * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all))) / (1 + (z * z) / all);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Mean distance between what was said and what was so, over ten steps of probability. */
export function calibrationError(scored: readonly Scored[]): number {
  const steps = Array.from({ length: 10 }, (_, i) => scored.filter(({ p }) => Math.min(9, Math.floor(p * 10)) === i));
  const offs = steps.map((some) => {
    const said = some.reduce((sum, { p }) => sum + p, 0);
    return Math.abs(said - some.filter(({ isTrue }) => isTrue).length);
  });
  return offs.reduce((sum, off) => sum + off, 0) / scored.length;
}
