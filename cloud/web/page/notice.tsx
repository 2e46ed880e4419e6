import type { TroubleCode } from "./api.ts";
import { useSpeech } from "./language.ts";
import type { FetchTrouble } from "./use-fetched.ts";

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

/** The same of what is fetched for a part of a page; where the page asks again by itself that is no error, and is said so. */
export function FetchNotice({ trouble, onRetry }: { readonly trouble: FetchTrouble; readonly onRetry: () => void }) {
  const { words } = useSpeech();
  if (!trouble.isAskedAgain) return <Trouble code={trouble.code} onRetry={onRetry} />;
  return (
    <div class="notice" role="status">
      <p>
        {words.trouble[trouble.code]} {words.asksAgain}
      </p>
    </div>
  );
}
