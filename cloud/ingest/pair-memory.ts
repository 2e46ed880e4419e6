import { type BootPair, keepPair } from "../store/state/boot-times.ts";
import type { StateTransaction } from "../store/state/state-store.ts";

/** What has been kept already of the pairs that nearly every message carries, so that few of them cost a write. */
export interface PairMemory {
  /** Those that say more than what is kept: the first of a boot and clock, earlier ones, and now and then a later one. */
  newsIn(pairs: readonly (BootPair | undefined)[]): readonly BootPair[];
  /** Says that these are committed. */
  remember(pairs: readonly BootPair[]): void;
}

/** A later pair says more after so long: a crystal drifts by 0.06 s meanwhile. */
const NEWS_AFTER_MS = 600_000;
/** With more boots than this in memory it begins anew: writing one twice harms nothing. */
const MOST_BOOTS = 20_000;

interface Span {
  readonly firstUp: number;
  readonly lastUp: number;
}

/** Remembers nothing at first. */
export function createPairMemory(): PairMemory {
  const spans = new Map<string, Span>();
  return {
    newsIn: (pairs) => {
      const news = new Map<string, BootPair>();
      for (const pair of pairs) {
        if (pair === undefined) continue;
        const { up } = pair;
        const key = keyOf(pair);
        const span = spans.get(key);
        if (span !== undefined && up >= span.firstUp && up < span.lastUp + NEWS_AFTER_MS) continue;
        const [first, last] = [news.get(`first ${key}`), news.get(`last ${key}`)];
        if (first === undefined || up < first.up) news.set(`first ${key}`, pair);
        if (last === undefined || up > last.up) news.set(`last ${key}`, pair);
      }
      return [...new Set(news.values())];
    },
    remember: (pairs) => {
      if (spans.size > MOST_BOOTS) spans.clear();
      for (const pair of pairs) {
        const key = keyOf(pair);
        const { firstUp, lastUp } = spans.get(key) ?? { firstUp: pair.up, lastUp: pair.up };
        spans.set(key, { firstUp: Math.min(firstUp, pair.up), lastUp: Math.max(lastUp, pair.up) });
      }
    },
  };
}

/** Keeps what is news in the caller's transaction. */
export function keepNews({ sql, nowMs }: Pick<StateTransaction, "sql" | "nowMs">, news: readonly BootPair[]): void {
  for (const pair of news) keepPair(sql, pair, nowMs);
}

const keyOf = ({ tenant, device, boot, clock }: BootPair) => `${tenant}:${device}:${boot}:${clock}`;
