import { runProgram } from "#kit/run-program.ts";

/** What systemd gives a service in its environment (sd_notify(3), sd_watchdog_enabled(3)). */
export interface ServiceEnvironment {
  readonly PATH?: string | undefined;
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/** Tells systemd how the service is doing. Rejects with `ProgramFailed` where that could not be told. */
export type NotifySystemd = (assignments: readonly string[]) => Promise<void>;

const TELL_WITHIN_MS = 10_000;
const OUTPUT_BYTES = 4_096;

/**
 * Tells by `systemd-notify`, or undefined where nobody listens. Node has no datagram sockets of the Unix kind and we take no
 * native add-on, so each word is a program of some milliseconds; it waits until systemd has taken it (a barrier, since
 * v246), so that who said it is known even though that process is gone. The unit needs `NotifyAccess=all`.
 */
export function systemdNotifier({ PATH, NOTIFY_SOCKET }: ServiceEnvironment): NotifySystemd | undefined {
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === "") return undefined;
  const environment = { PATH, NOTIFY_SOCKET };
  return async (assignments) => {
    const program = { command: "systemd-notify", args: assignments, environment, withinMs: TELL_WITHIN_MS };
    const end = await runProgram({ ...program, maxOutputBytes: OUTPUT_BYTES }, new AbortController().signal);
    if (end.status !== 0) throw new Error(`systemd-notify ended with ${end.status}: ${end.complaints.trim()}`);
  };
}

/** How often systemd wants to hear of us, in milliseconds, or undefined where it does not watch this process. */
export function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: ServiceEnvironment, pid: number): number | undefined {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return undefined;
  const ms = Number(WATCHDOG_USEC) / 1000;
  return WATCHDOG_USEC !== undefined && Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
