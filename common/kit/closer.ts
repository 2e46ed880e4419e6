/** Something that was started and can be closed; `close` waits for the work in hand and may be called twice. */
export interface Closer {
  close(): Promise<void>;
}

/** Closes in reverse order of starting; goes on when one fails and then throws the first failure. */
export async function closeAll(started: readonly Closer[]): Promise<void> {
  const failures: unknown[] = [];
  for (const closer of [...started].reverse()) {
    await closer.close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
