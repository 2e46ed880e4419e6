import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { openTestFleet } from "../cloud/fleet/fleet-fixture.ts";
import { ADMIN_TOKEN, httpParts, listenHttp } from "../support/http-fixture.ts";
import { ROOT } from "../support/program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function openTown(lifeMs?: number) {
  const { fleet } = await openTestFleet({ clock: systemClock, ...(lifeMs === undefined ? {} : { lifeMs }) });
  const http = await listenHttp(httpParts({ fleet, clock: systemClock }));
  onTestFinished(() => http.close());
  const folder = await tempFolder();
  const tokenFile = join(folder, "admin-token");
  await writeFile(tokenFile, `${ADMIN_TOKEN}\n`);
  const admin = ["--cloud", http.url, "--admin-token-file", tokenFile];
  return { fleet, url: http.url, folder, tokenFile, admin };
}

async function run(command: "claim" | "enrol" | "revoke", args: readonly string[], env: object = {}): Promise<Said> {
  const file = join(ROOT, "firmware-config", `${command}.ts`);
  const { PATH, HOME } = process.env;
  return promisify(execFile)(process.execPath, [file, ...args], { env: { PATH, HOME, ...env } }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: Error & Partial<Record<"code" | "stdout" | "stderr", unknown>>) => ({
      code: Number(error.code),
      out: String(error.stdout),
      err: String(error.stderr),
    }),
  );
}

describe("client:claim, client:enrol and client:revoke", () => {
  it("bring a consumer its certificate, and take it back", async () => {
    const { fleet, url, folder, admin } = await openTown();
    const dir = join(folder, "identity");

    const claimed = await run("claim", ["dv", "cloud", "--role", "consumer", ...admin]);
    const enrolled = await run("enrol", ["--cloud", url, "--dir", dir], parseEnv(claimed.out));
    const again = await run("enrol", ["--cloud", url, "--dir", dir]);
    const [held] = await fleet.certificates({ limit: 10 });
    const revoked = await run("revoke", ["dv", "cloud", "--reason", "retired", ...admin]);

    const { BROKER_CERT = "", BROKER_KEY, DEVICE } = parseEnv(enrolled.out);
    expect([DEVICE, BROKER_KEY]).toEqual(["cloud", BROKER_CERT]);
    expect((await stat(BROKER_CERT)).mode & 0o777).toBe(0o600);
    expect(await readFile(BROKER_CERT, "utf8")).toMatch(/BEGIN PRIVATE KEY.*BEGIN CERTIFICATE/s);
    expect(await readFile(join(dir, "ca.pem"), "utf8")).toBe(await fleet.authority());
    expect(again.out).toContain(`${held?.serial}: holds`);
    expect(revoked.out).toBe(`revoked ${held?.serial}\n`);
  });

  it("print the settings of a device", async () => {
    const { url, admin } = await openTown();

    const { out } = await run("claim", ["chel", "truck-1", "--hours", "1", ...admin]);

    const settings = parseEnv(out);
    expect(settings).toMatchObject({ TENANT: "chel", DEVICE: "truck-1", FLEET_URL: url });
    expect(settings.CLAIM).toHaveLength(43);
  });

  it("renew a certificate once it is due, run again and again", async () => {
    const { fleet, url, folder, admin } = await openTown(15_000);
    const place = ["--cloud", url, "--dir", join(folder, "identity")];
    const { out } = await run("claim", ["dv", "village-1", "--role", "gateway", "--tenants", "chel", ...admin]);
    await run("enrol", place, parseEnv(out));

    const renewed = await until(
      "it is renewed",
      async () => {
        const { code, out: said, err } = await run("enrol", place);
        if (code !== 0) throw new Error(err);
        return said.includes(": renewed") && said;
      },
      25_000,
    );

    expect(parseEnv(renewed).PARENT_CERT).toBe(join(folder, "identity", "identity.pem"));
    const [next, first] = await fleet.certificates({ limit: 10 });
    expect(next?.renews).toBe(first?.serial);
  });

  it("say in one line what is wrong", async () => {
    const { url, folder, tokenFile, admin } = await openTown();
    const dir = join(folder, "identity");
    const wrongFile = join(folder, "wrong");
    await writeFile(wrongFile, "not-the-token");
    const said = async (...[command, args, env]: Parameters<typeof run>) => {
      const { code, err } = await run(command, args, env);
      expect(code).toBe(1);
      return err;
    };

    expect(await said("claim", ["chel"])).toContain("client:claim: who is it for?");
    expect(await said("claim", ["chel", "Truck 1", ...admin])).toContain("must match");
    expect(await said("claim", ["dv", "x", "--role", "gateway", ...admin])).toContain("needs the tenants");
    expect(await said("claim", ["chel", "truck-1", "--cloud", url])).toContain("--admin-token-file FILE is needed");
    expect(await said("claim", ["chel", "truck-1", "--cloud", url, "--admin-token-file", wrongFile])).toContain(
      "401: this needs the administrator's token",
    );
    const elsewhere = ["--cloud", "http://cloud.example", "--admin-token-file", tokenFile];
    expect(await said("revoke", ["chel", "truck-1", ...elsewhere])).toContain("use https:");
    expect(await said("revoke", ["chel", "truck-1", ...admin])).toContain("404: there is no such certificate");
    expect(await said("enrol", ["--cloud", url, "--dir", dir])).toContain("holds no certificate yet");
    expect(await said("enrol", ["--cloud", url, "--dir", dir], { CLAIM: "A".repeat(43) })).toContain("no such claim");
  });

  it.each(["claim", "enrol", "revoke"] as const)("explain themselves: %s --help", async (command) => {
    const { code, out } = await run(command, ["--help"]);

    expect(code).toBe(0);
    expect(out).toContain(`npm run -s client:${command} --`);
  });
});
