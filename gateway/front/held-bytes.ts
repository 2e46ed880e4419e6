/** Whoever holds bytes that are not a whole packet yet. */
export interface Holder {
  readonly heldBytes: number;
}

/** Those who hold the most, as many as must go so that no more than `mostBytes` are held in all. */
export function whoHoldsTooMuch<Some extends Holder>(holders: Iterable<Some>, mostBytes: number): readonly Some[] {
  let inAll = 0;
  const holding: Some[] = [];
  for (const holder of holders) {
    inAll += holder.heldBytes;
    if (holder.heldBytes > 0) holding.push(holder);
  }
  if (inAll <= mostBytes) return [];
  const gone: Some[] = [];
  for (const holder of holding.sort((a, b) => b.heldBytes - a.heldBytes)) {
    if (inAll <= mostBytes) break;
    inAll -= holder.heldBytes;
    gone.push(holder);
  }
  return gone;
}
