import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type TroubleCode, troubleOf } from "./api.ts";
import { keepAsking } from "./keep-asking.ts";

/** What kept a page from an answer, and whether the page asks again by itself. */
export interface FetchTrouble {
  readonly code: TroubleCode;
  readonly isAskedAgain: boolean;
}

/** What was fetched for `of`; undefined until it has come. It is fetched anew when `of` or `atMs` changes, and again where the server said when. */
export function useFetched<T>(of: string, ask: () => Promise<T>, atMs = 0) {
  const fetched = useSignal<{ readonly of: string; readonly value: T } | undefined>(undefined);
  const trouble = useSignal<FetchTrouble | null>(null);
  const attempt = useSignal(0);
  useEffect(
    () =>
      keepAsking(ask, {
        onAnswer: (value) => {
          fetched.value = { of, value };
          trouble.value = null;
        },
        onTrouble: (error, isAskedAgain) => {
          trouble.value = { code: troubleOf(error), isAskedAgain };
        },
      }),
    [of, atMs, attempt.value],
  );
  return {
    value: fetched.value?.of === of ? fetched.value.value : undefined,
    trouble: trouble.value,
    retry: () => attempt.value++,
  };
}
