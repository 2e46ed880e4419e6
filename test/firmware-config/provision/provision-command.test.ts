import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { packFolder } from "../../../firmware-config/bundle/tar.ts";
import { openTestFleet } from "../../cloud/fleet/fleet-fixture.ts";
import { ADMIN_TOKEN, httpParts, listenHttp } from "../../support/http-fixture.ts";
import { ROOT } from "../../support/program.ts";
import { tempFolder } from "../../support/temp-folder.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(command: string, ...args: readonly string[]): Promise<Said> {
  const file = join(ROOT, "firmware-config", `${command}.ts`);
  return promisify(execFile)(process.execPath, [file, ...args], { cwd: ROOT }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: Error & Partial<Record<"code" | "stdout" | "stderr", unknown>>) => ({
      code: Number(error.code),
      out: String(error.stdout),
      err: String(error.stderr),
    }),
  );
}

/** What bundle:edge --tar packs, as far as provision looks: the program's starter and a Node for this machine. */
async function aProgram(file: string, program: string, machine = 183): Promise<void> {
  const folder = await tempFolder();
  const node = Buffer.alloc(100);
  node.write("\x7fELF");
  node.writeUInt16LE(machine, 18);
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, `bin/dvornik-${program}`), "#!/bin/sh\n");
  await writeFile(join(folder, "bin/node"), node);
  await packFolder(folder, file);
}

async function openTown() {
  const { fleet } = await openTestFleet({ clock: systemClock });
  const http = await listenHttp(httpParts({ fleet, clock: systemClock }));
  onTestFinished(() => http.close());
  const folder = await tempFolder();
  const tokenFile = join(folder, "admin-token");
  await writeFile(tokenFile, `${ADMIN_TOKEN}\n`);
  const ca = join(folder, "ca.pem");
  await writeFile(ca, await fleet.authority());
  const software = join(folder, "software.tar.gz");
  await aProgram(software, "edge");
  const whom = ["--device", "t-017", "--tenant", "chel", "--cloud", http.url];
  const where = ["--admin-token-file", tokenFile, "--ca", ca, "--software", software];
  return { fleet, url: http.url, folder, tokenFile, args: [...whom, ...where] };
}

const CLAIM = "dvornik/root/etc/dvornik/claim";

describe("provision and provision:check", () => {
  it("make of one command a bundle whose claim the cloud turns into the device's certificate", async () => {
    const { fleet, url, folder, args } = await openTown();
    const out = join(folder, "card");

    const made = await run("provision", "--profile", "truck", ...args, "--out", out);
    const checked = await run("provision-check", out);
    const identity = join(folder, "identity");
    const enrolled = await run("enrol", "--cloud", url, "--dir", identity, "--claim-file", join(out, CLAIM));

    expect(made).toMatchObject({ code: 0, err: "" });
    expect(checked).toMatchObject({ code: 0, err: "" });
    expect(checked.out).toContain("the bundle is good");
    expect(enrolled).toMatchObject({ code: 0 });
    expect((await fleet.certificates({ limit: 5 })).map(({ device }) => device)).toEqual(["t-017"]);
    expect(await readFile(join(out, "dvornik/software.tar.gz"))).toEqual(
      await readFile(join(folder, "software.tar.gz")),
    );
  });

  it("name every secret, which is its owner's alone, and leave no private key in any file", async () => {
    const { folder, args } = await openTown();
    const out = join(folder, "card");

    const { out: said } = await run("provision", "--profile", "truck", ...args, "--out", out);

    const files = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const passphrase = /passphrase (\S+),/.exec(said)?.[1] ?? "";
    const claim = (await readFile(join(out, CLAIM), "utf8")).trim();
    expect([passphrase.length, claim.length]).toEqual([16, 43]);
    for (const { parentPath, name } of files) {
      const place = join(parentPath, name);
      const text = await readFile(place, "latin1");
      expect(text, place).not.toContain("PRIVATE KEY");
      if (!text.includes(passphrase) && !text.includes(claim)) continue;
      expect((await stat(place)).mode & 0o777, place).toBe(0o600);
      expect(said).toContain(place.slice(out.length + 1));
    }
  });

  it("take a claim that was made before, and say when it has expired", async () => {
    const { folder, args } = await openTown();
    const file = join(folder, "claim");
    await writeFile(file, `CLAIM=${"c".repeat(43)}\n# good once, until 2020-01-01T00:00:00.000Z\n`);
    const out = join(folder, "card");

    const made = await run("provision", "--profile", "air-post", ...args, "--claim-file", file, "--out", out);
    const checked = await run("provision-check", out);

    expect(made).toMatchObject({ code: 1, err: expect.stringContaining("The claim expired at 2020-01-01") });
    expect(checked).toMatchObject({ code: 1, err: expect.stringContaining("1 errors") });
    expect(checked.out).toContain("Код регистрации истёк");
  });

  it("say what is wrong with what was asked, and write nothing", async () => {
    const { folder, args } = await openTown();
    const out = join(folder, "card");
    const wrong = (...more: readonly string[]) =>
      run("provision", "--profile", "truck", ...args, "--out", out, ...more);

    expect((await run("provision", "--profile", "boat", "--out", out)).err).toContain("--profile must be one of truck");
    expect((await wrong("--sensors", "bme999")).err).toContain("bme999 is none of");
    expect((await wrong("--broker", "mqtt://broker.example")).err).toContain("mqtts:");
    expect((await wrong("--set", "COLOUR")).err).toContain("must be NAME=VALUE");
    await expect(readdir(out)).rejects.toThrow("ENOENT");
    await mkdir(out);
    await writeFile(join(out, "mine"), "");
    expect((await wrong()).err).toContain("is not empty");
  });

  it("see on disk that a secret was opened to others", async () => {
    const { folder, args } = await openTown();
    const out = join(folder, "card");
    await run("provision", "--profile", "yard-camera", ...args, "--out", out);

    await chmod(join(out, CLAIM), 0o644);

    expect((await run("provision-check", out)).out).toContain(`chmod 600 ${CLAIM}`);
  });

  it("look at the program and the packages before a claim is asked for, and leave nothing half done", async () => {
    const { fleet, folder, args } = await openTown();
    const out = join(folder, "card");
    const file = (name: string) => join(folder, name);
    await aProgram(file("gateway.tar.gz"), "gateway");
    await aProgram(file("x64.tar.gz"), "edge", 62);
    await writeFile(file("cut.tar.gz"), (await readFile(file("software.tar.gz"))).subarray(0, -20));
    await mkdir(file("none"));
    await mkdir(file("amd64"));
    await writeFile(join(file("amd64"), "gpsd_1_amd64.deb"), "");
    const wrong = (...more: readonly string[]) =>
      run("provision", "--profile", "truck", ...args, "--out", out, ...more);

    expect((await wrong("--software", file("gateway.tar.gz"))).err).toContain("no bin/dvornik-edge");
    expect((await wrong("--software", file("x64.tar.gz"))).err).toContain("is not for arm64");
    expect((await wrong("--software", file("cut.tar.gz"))).err).toContain("damaged");
    expect((await wrong("--debs", file("none"))).err).toContain("there is no package");
    expect((await wrong("--debs", file("amd64"))).err).toContain("is not for arm64");
    expect((await wrong("--debs", file("nowhere"))).err).toContain("there is no package");
    expect(await readdir(out)).toEqual([]);
    expect(await fleet.certificates({ limit: 5 })).toEqual([]);
  });

  it("keep the passphrase that is on a truck's housing already", async () => {
    const { folder, args } = await openTown();
    const passphrase = join(folder, "passphrase");
    await writeFile(passphrase, "abcdefgh23456789\n");

    const { out } = await run(
      "provision",
      "--profile",
      "truck",
      ...args,
      "--passphrase-file",
      passphrase,
      "--out",
      join(folder, "card"),
    );

    expect(out).toContain("passphrase abcdefgh23456789,");
  });
});
