import { createPrivateKey, sign } from "node:crypto";
import { z } from "zod";
import {
  EnrolRefusal,
  type EnrolRequest,
  FLEET_PATHS,
  FleetNonce,
  Issued,
  type RenewRequest,
  renewalBytes,
} from "#contract/enrolment.ts";
import { AppError, messageOf } from "#kit/errors.ts";

/** The authority said no. */
export class EnrolRefused extends AppError {
  readonly code: EnrolRefusal;
  readonly retry = false;
  constructor(code: EnrolRefusal, message: string) {
    super(message);
    this.code = code;
  }
}

/** The authority is away or cannot answer now; the same may be asked again. */
export class FleetAway extends AppError {
  readonly code = "fleet-away";
  readonly retry = true;
}

const PATIENCE_MS = 30_000;
const Refusal = z.object({ code: z.string(), message: z.string() });

/** Turns a claim into a certificate. Rejects with `EnrolRefused` or `FleetAway`. */
export async function enrol(fleetUrl: string, request: EnrolRequest, signal?: AbortSignal): Promise<Issued> {
  return Issued.parse(await ask(fleetUrl, FLEET_PATHS.enrol, request, signal));
}

/** Asks for the next certificate with the current one and its key. Rejects with `EnrolRefused` or `FleetAway`. */
export async function renew(
  fleetUrl: string,
  { certificate, keyPem, csr }: { readonly certificate: string; readonly keyPem: string; readonly csr: string },
  signal?: AbortSignal,
): Promise<Issued> {
  const { nonce } = FleetNonce.parse(await ask(fleetUrl, FLEET_PATHS.nonce, undefined, signal));
  const body = { certificate, csr, nonce };
  const signature = sign("sha256", renewalBytes(body), createPrivateKey(keyPem)).toString("base64url");
  return Issued.parse(await ask(fleetUrl, FLEET_PATHS.renew, { ...body, signature } satisfies RenewRequest, signal));
}

/** Asks without following redirections: they could lead a claim elsewhere. */
async function ask(fleetUrl: string, path: string, body: object | undefined, signal?: AbortSignal): Promise<unknown> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const headers = { "content-type": "application/json" };
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(new URL(path, fleetUrl), {
      ...sent,
      ...(body === undefined ? {} : { headers }),
      redirect: "error",
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    });
    text = await answer.text();
  } catch (cause) {
    throw new FleetAway(`${fleetUrl} cannot be reached: ${reasonOf(cause)}`, { cause });
  }
  const json = jsonOf(text);
  if (answer.ok) return json;
  const { data } = Refusal.safeParse(json);
  const code = EnrolRefusal.safeParse(data?.code);
  if (code.success) throw new EnrolRefused(code.data, data?.message ?? code.data);
  throw new FleetAway(`${fleetUrl} answers ${answer.status}: ${data?.message ?? "nothing that is understood"}`);
}

/** `fetch` hides what happened behind "fetch failed". */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? messageOf(error.cause) || messageOf(error) : messageOf(error);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not from the cloud but from something before it; the schema refuses it.
    return undefined;
  }
}
