import type { TroubleCode } from "./api.ts";
import { useSpeech } from "./language.ts";

/** Says in words what went wrong, and offers to try again. */
export function Trouble({
  code,
  onRetry,
}: {
  readonly code: TroubleCode;
  readonly onRetry?: (() => void) | undefined;
}) {
  const { words } = useSpeech();
  return (
    <div class="notice trouble" role="alert">
      <p>{words.trouble[code]}</p>
      {onRetry !== undefined && (
        <button type="button" class="button small" onClick={onRetry}>
          {words.tryAgain}
        </button>
      )}
    </div>
  );
}
