import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramEnd, ProgramFailed, runProgram } from "#kit/run-program.ts";
import { error, type Finding } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

/** What other people's programs say of a bundle, and which of them are not on this machine. */
export interface ToolReport {
  readonly findings: readonly Finding[];
  /** One line each, for a person. */
  readonly notes: readonly string[];
}

const UNITS = "dvornik/root/etc/systemd/system/";
const RULES = "dvornik/root/etc/nftables.conf";
/** Beyond it (0 is nothing at all, 10 all of the machine) a unit is too open; `systemd-analyze security`. */
export const MOST_EXPOSURE = 2;

/** Asks `systemd-analyze`, `nft` and `cloud-init`, where they are. They look only; nothing of this machine changes. */
export async function checkWithTools(bundle: FoundBundle): Promise<ToolReport> {
  const folder = await mkdtemp(join(tmpdir(), "dvornik-check-"));
  try {
    const reports = [
      await askSystemd(bundle, folder),
      await askNft(bundle, folder),
      await askCloudInit(bundle, folder),
    ];
    return { findings: reports.flatMap(({ findings }) => findings), notes: reports.flatMap(({ notes }) => notes) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Undefined where the program is not on this machine. */
async function ask(command: string, args: readonly string[]): Promise<ProgramEnd | undefined> {
  const environment = {
    PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
    LC_ALL: "C.UTF-8",
    SYSTEMD_COLORS: "0",
    HOME: "/nonexistent",
  };
  const program = { command, args, environment, withinMs: 60_000, maxOutputBytes: 1024 * 1024 };
  return await runProgram(program, AbortSignal.timeout(60_000)).catch((failure: unknown) => {
    if (failure instanceof ProgramFailed && failure.trouble === "not-found") return undefined;
    throw failure;
  });
}

const absent = (command: string, what: string): ToolReport => ({
  findings: [],
  notes: [`${command} is not on this machine: ${what} not tried with it`],
});

/**
 * What `verify` says that is no fault of a unit: its program lies on the device only, and systemd before 254 does not
 * know the two keys of a slower and slower restart.
 */
const NO_FAULT =
  /is not executable|Failed to (locate|stat) executable|RestartSteps|RestartMaxDelaySec|man page|Failed to connect/;

async function askSystemd(bundle: FoundBundle, folder: string): Promise<ToolReport> {
  const findings: Finding[] = [];
  const notes: string[] = [];
  const units = [...bundle].filter(([path]) => path.startsWith(UNITS));
  for (const [path, { text }] of units) await writeFile(join(folder, nameOf(path)), text);
  for (const [path] of units) {
    const file = join(folder, nameOf(path));
    const verified = await ask("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", file]);
    if (verified === undefined) return absent("systemd-analyze", "units");
    const lines = verified.complaints.split("\n").filter((line) => line.includes(nameOf(path)) && !NO_FAULT.test(line));
    for (const line of lines) findings.push(error(path, `systemd недоволен: ${line}`, `systemd says: ${line}`));
    if (!path.endsWith(".service")) continue;
    const looked = await ask("systemd-analyze", ["security", "--offline=yes", "--no-pager", file]);
    const exposure = /exposure level for .*: ([\d.]+)/.exec(looked?.output.toString() ?? "")?.[1];
    if (exposure === undefined) continue;
    notes.push(`${nameOf(path)}: exposure ${exposure} of 10 (systemd-analyze security)`);
    if (Number(exposure) > MOST_EXPOSURE)
      findings.push(
        error(path, `Служба слишком открыта: ${exposure} из 10.`, `The unit is too open: ${exposure} of 10.`),
      );
  }
  return { findings, notes };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

async function askNft(bundle: FoundBundle, folder: string): Promise<ToolReport> {
  const text = bundle.get(RULES)?.text;
  if (text === undefined) return { findings: [], notes: [] };
  const file = join(folder, "rules.nft");
  await writeFile(file, text);
  const tried = await ask("nft", ["--check", "--file", file]);
  if (tried === undefined) return absent("nft", "the firewall's rules");
  if (/Operation not permitted|must be root|cache initialization failed/i.test(tried.complaints)) {
    return {
      findings: [],
      notes: ["nft may not look at this machine's rules: the firewall's rules not tried with it"],
    };
  }
  if (tried.status === 0) return { findings: [], notes: ["nft takes the firewall's rules"] };
  const first = tried.complaints.split("\n")[0] ?? "";
  return {
    findings: [error(RULES, `nft не принимает правила: ${first}`, `nft does not take the rules: ${first}`)],
    notes: [],
  };
}

async function askCloudInit(bundle: FoundBundle, folder: string): Promise<ToolReport> {
  const text = bundle.get("user-data")?.text;
  if (text === undefined) return { findings: [], notes: [] };
  const file = join(folder, "user-data");
  await writeFile(file, text);
  const tried = await ask("cloud-init", ["schema", "--config-file", file]);
  if (tried === undefined) return absent("cloud-init", "user-data");
  const said = `${tried.output}${tried.complaints}`;
  if (tried.status === 0) return { findings: [], notes: ["cloud-init takes user-data"] };
  const line = said.split("\n").find((text) => /error|invalid/i.test(text)) ?? said.trim();
  return {
    findings: [
      error("user-data", `cloud-init не принимает файл: ${line}`, `cloud-init does not take the file: ${line}`),
    ],
    notes: [],
  };
}
