import { AppError, codeOf } from "#kit/errors.ts";

/** An update that this device will not take, whatever is tried again; the message says why, for the operator. */
export class UpdateRefused extends AppError {
  readonly code = "update-refused";
  readonly retry = false;
}

/** An update that is not for this device; nothing is wrong with it. The message says why, for the operator. */
export class UpdateUnfit extends AppError {
  readonly code = "update-unfit";
  readonly retry = false;
}

/** An update that cannot go on now: a link, a full disk, a clock without time; the message says what is waited for. */
export class UpdateWaits extends AppError {
  readonly code = "update-waits";
  readonly retry = true;
}

/** Whether there was no room for what was written. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT" || code === "disk-full";
}
