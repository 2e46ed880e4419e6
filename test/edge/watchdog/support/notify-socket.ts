import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { until } from "../../../support/until.ts";

const run = promisify(execFile);

/** Why there is no such socket on this machine, or undefined where there is. */
export const noNotifySocket = await whyNot();

async function whyNot(): Promise<string | undefined> {
  for (const [program, ...args] of [
    ["systemd-notify", "--version"],
    ["python3", "--version"],
  ] as const) {
    const isThere = await run(program, args).then(
      () => true,
      () => false,
    );
    if (!isThere) return `${program} is not installed`;
  }
  return undefined;
}

/** What systemd would have heard. */
export interface NotifySocket {
  readonly path: string;
  /** Each datagram with its assignments, in order. */
  readonly heard: readonly (readonly string[])[];
  /** How often this assignment was heard. */
  count(assignment: string): number;
}

/** Node has no datagram sockets of the Unix kind; a barrier's descriptor is closed by being passed over. */
const LISTENER = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("[]", flush=True)
while True:
    print(json.dumps(s.recv(65536).decode().strip().split("\\n")), flush=True)
`;

/** Listens as systemd does, until the test has finished. */
export async function openNotifySocket(folder: string): Promise<NotifySocket> {
  const path = join(folder, "notify");
  const heard: string[][] = [];
  let isOpen = false;
  const listener = spawn("python3", ["-c", LISTENER, path], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void listener.kill("SIGKILL"));
  createInterface({ input: listener.stdout }).on("line", (line) => {
    const assignments: string[] = JSON.parse(line);
    isOpen = true;
    if (assignments.length > 0 && !assignments.includes("BARRIER=1")) heard.push(assignments);
  });
  await until("the socket is open", () => isOpen);
  return {
    path,
    heard,
    count: (assignment) => heard.filter((assignments) => assignments.includes(assignment)).length,
  };
}
