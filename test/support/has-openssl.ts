import { execFileSync } from "node:child_process";

/** Whether the openssl command is here; a test that needs it says that it was skipped where it is not. */
export function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    // Not installed: the answer is no.
    return false;
  }
}
