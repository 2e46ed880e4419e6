/**
 * The root of every error that we throw on purpose.
 *
 * `code` is stable and may be counted and shown; `retry` says whether waiting helps; `cause` keeps what lay below.
 */
export abstract class AppError extends Error {
  abstract readonly code: string;
  abstract readonly retry: boolean;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The message of anything that was thrown, for a log line or an answer to a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error of ours or of Node (`ENOSPC`), else `unknown`. */
export function codeOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "unknown";
}
