import type { EnrolRefusal } from "#contract/enrolment.ts";
import { AppError } from "#kit/errors.ts";

/** A request for a certificate that is not granted; the message is for the person at the device. */
export class FleetRefused extends AppError {
  readonly code: EnrolRefusal;
  readonly retry = false;
  constructor(code: EnrolRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
