import { type ReadonlySignal, signal } from "@preact/signals";
import type { Memory } from "../page/memory.ts";

/** Who works at this desk, and the question that is being asked about it. */
export interface Person {
  readonly name: ReadonlySignal<string>;
  readonly question: ReadonlySignal<Question | null>;
  /** The remembered name, or what the person answers; null when he will not say. */
  askOnce(): Promise<string | null>;
  change(): void;
}

/** An open question for the name. */
export interface Question {
  readonly isForAlert: boolean;
  answer(name: string | null): void;
}

const KEY = "dvornik.name";

/** Remembers the name on this device, so that acknowledging is one click from the second time on. */
export function createPerson(memory: Memory): Person {
  const name = signal(memory.read(KEY) ?? "");
  const question = signal<Question | null>(null);
  const ask = (isForAlert: boolean) =>
    new Promise<string | null>((resolve) => {
      // A question that is still open is answered with "no" by the next one.
      question.value?.answer(null);
      question.value = {
        isForAlert,
        answer: (given) => {
          question.value = null;
          if (given !== null) {
            name.value = given;
            memory.write(KEY, given);
          }
          resolve(given);
        },
      };
    });
  return {
    name,
    question,
    askOnce: async () => (name.value === "" ? await ask(true) : name.value),
    change: () => void ask(false),
  };
}
