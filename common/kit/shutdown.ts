import { type Closer, closeAll } from "./closer.ts";

/**
 * Closes everything in reverse order on SIGINT, SIGTERM or SIGHUP (a closed terminal) and then leaves the process.
 *
 * Exit code 0 after a clean close, 1 when something could not be closed. A second signal changes nothing: closing is
 * short, and whoever is in a hurry has SIGKILL, which loses nothing either.
 */
export function closeOnSignal(started: readonly Closer[], onError: (error: unknown) => void): void {
  let closing = false;
  const close = () => {
    if (closing) return;
    closing = true;
    closeAll(started).then(
      () => process.exit(0),
      (error: unknown) => {
        onError(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", close);
  process.on("SIGTERM", close);
  process.on("SIGHUP", close);
}
