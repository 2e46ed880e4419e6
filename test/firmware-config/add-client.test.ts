import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { Credentials } from "#contract/credentials.ts";
import { hashToken } from "../../firmware-config/credentials.ts";
import { ROOT } from "../support/program.ts";
import { tempFolder } from "../support/temp-folder.ts";

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(ROOT, "firmware-config/add-client.ts"), ...args], { cwd: ROOT });

describe("client:add", () => {
  it("prints a device's settings once and keeps only the hash of its token", async () => {
    const file = join(await tempFolder(), "credentials.json");

    const { stdout } = await run("chel", "truck-17", "--file", file);

    const token = /^TENANT=chel\nDEVICE=truck-17\nTOKEN=(\S+)\n$/.exec(stdout)?.[1] ?? "";
    const text = await readFile(file, "utf8");
    expect(Credentials.parse(JSON.parse(text)).clients).toEqual([
      { tenant: "chel", device: "truck-17", role: "device", tenants: [], tokenSha256: hashToken(token) },
    ]);
    expect(text).not.toContain(token);
  });

  it("refuses a name that is none, and a device in the tenant of our own consumers", async () => {
    const file = join(await tempFolder(), "credentials.json");

    await expect(run("Chel", "truck-17", "--file", file)).rejects.toThrow(/must match/);
    await expect(run("dv", "truck-17", "--file", file)).rejects.toThrow(/devices belong to a tenant of their own/);
    await expect(run("chel", "--file", file)).rejects.toMatchObject({ code: 2 });
  });
});
