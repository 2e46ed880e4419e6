import { type Closer, closeAll } from "./closer.ts";

/**
 * Closes everything in reverse order on SIGINT, SIGTERM or SIGHUP (a closed terminal) and then leaves the process.
 *
 * Exit code 0 after a clean close, 1 when something could not be closed. A second signal changes nothing: closing is
 * short, and whoever is in a hurry has SIGKILL, which loses nothing either. Gives the way to leave without a signal, with
 * an exit code of one's own.
 */
export function closeOnSignal(
  started: readonly Closer[],
  onError: (error: unknown) => void,
): (exitCode: number) => void {
  let closing = false;
  const close = (exitCode: number) => {
    if (closing) return;
    closing = true;
    closeAll(started).then(
      () => process.exit(exitCode),
      (error: unknown) => {
        onError(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => close(0));
  return close;
}
