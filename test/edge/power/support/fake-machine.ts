import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A folder in place of `/sys`, and one with a `vcgencmd`, as a Raspberry Pi has them. */
export interface FakeMachine {
  readonly sysDir: string;
  /** Put it in front of PATH. */
  readonly binDir: string;
  /** Writes a file below `/sys`, whole at once. */
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** What `vcgencmd get_throttled` says from now on; it takes nothing else. */
  throttle(text: string): Promise<void>;
}

/** Lays the folders; the machine says nothing yet, and has no `vcgencmd` before `throttle`. */
export async function createFakeMachine(folder: string): Promise<FakeMachine> {
  const sysDir = join(folder, "sys");
  const binDir = join(folder, "bin");
  await mkdir(sysDir, { recursive: true });
  await mkdir(binDir, { recursive: true });
  const put = async (file: string, text: string, mode = 0o644) => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, text, { mode });
    await rename(`${file}.new`, file);
  };
  return {
    sysDir,
    binDir,
    write: (path, text) => put(join(sysDir, path), `${text}\n`),
    remove: (path) => rm(join(sysDir, path), { recursive: true, force: true }),
    throttle: async (text) => {
      await put(join(binDir, "throttled.txt"), `${text}\n`);
      const script = `#!/bin/sh\n[ "$*" = get_throttled ] || exit 2\nexec cat "$(dirname "$0")/throttled.txt"\n`;
      await put(join(binDir, "vcgencmd"), script, 0o755);
    },
  };
}

/** A charge of a battery, as the kernel says it. */
export async function putBattery(machine: FakeMachine, percent: number, status = "Discharging"): Promise<void> {
  await machine.write("class/power_supply/bat/type", "Battery");
  await machine.write("class/power_supply/bat/status", status);
  await machine.write("class/power_supply/bat/voltage_now", "11900000");
  await machine.write("class/power_supply/bat/capacity", String(percent));
}
