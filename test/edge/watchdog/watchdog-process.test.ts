import { join } from "node:path";
import { kill } from "node:process";
import { describe, expect, it } from "vitest";
import { wait } from "#kit/wait.ts";
import { freePort } from "../../support/free-port.ts";
import { buildSyncShim, noSyncShim } from "../../support/sync-shim/sync-shim.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge } from "../../support/test-edge.ts";
import { until } from "../../support/until.ts";
import { noNotifySocket, openNotifySocket } from "./support/notify-socket.ts";

const WATCHDOG_MS = 1_500;
/** A fed dog is fed each half second: in so long it would be fed some eight times. */
const LONG_MS = 4_000;

async function start(folder: string, env: Readonly<Record<string, string>> = {}) {
  const systemd = await openNotifySocket(folder);
  const edge = await startTestEdge({
    folder,
    brokerUrl: `mqtt://127.0.0.1:${await freePort()}`,
    settings: {
      NOTIFY_SOCKET: systemd.path,
      WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
      READING_EVERY_S: "0.2",
      HEALTH_EVERY_S: "0.2",
      SDS011: "serial:/dev/no-such-line",
      ...env,
    },
  });
  return { systemd, edge };
}

const titleOf = (why: string | undefined, title: string) => (why === undefined ? title : `${title} (skipped: ${why})`);

describe.skipIf(noNotifySocket !== undefined)(titleOf(noNotifySocket, "the program under systemd"), () => {
  it("says that it is ready, feeds the watchdog though sensor and broker are away, and says that it stops", async () => {
    const { systemd, edge } = await start(await tempFolder());

    await until("it is fed", () => systemd.count("WATCHDOG=1") >= 5, 30_000);
    const code = await edge.stop();

    expect(code).toBe(0);
    expect(systemd.heard[0]).toEqual(["READY=1", "STATUS=ready"]);
    expect(systemd.heard.at(-1)).toEqual(["STOPPING=1", "STATUS=stopping"]);
    expect(systemd.count("READY=1")).toBe(1);
    expect(systemd.heard.at(-2)?.join()).toMatch(/^WATCHDOG=1,STATUS=\d+ rounds, \d+ to send, not connected$/);
  }, 90_000);

  it("does not feed it while the process stands still", async () => {
    const { systemd, edge } = await start(await tempFolder());
    await until("it is fed", () => systemd.count("WATCHDOG=1") >= 2, 30_000);
    const pid = edge.pid() ?? 0;

    kill(pid, "SIGSTOP");
    await wait(500);
    const before = systemd.heard.length;
    await wait(LONG_MS);
    const meanwhile = systemd.heard.length;
    kill(pid, "SIGCONT");

    expect(meanwhile).toBe(before);
    await until("it is fed again", () => systemd.heard.length > meanwhile);
  }, 90_000);

  it.skipIf(noSyncShim !== undefined)(
    titleOf(noSyncShim, "stops feeding it once the outbox's disk hangs, says why, and goes on when the disk is well"),
    async () => {
      const folder = await tempFolder();
      const shim = await buildSyncShim(folder, join(folder, "data"));
      const { systemd, edge } = await start(folder, shim.env);
      await until("it is fed", () => systemd.count("WATCHDOG=1") >= 2, 30_000);

      await shim.delay(12_000);
      await until(
        "it says why",
        () => systemd.heard.at(-1)?.join().startsWith("STATUS=no progress: the outbox"),
        30_000,
      );
      await shim.heal();
      const unfed = systemd.count("WATCHDOG=1");
      const status = await edge.status();
      await wait(LONG_MS);
      const stillUnfed = systemd.count("WATCHDOG=1");
      await until("it is fed again", () => systemd.count("WATCHDOG=1") > stillUnfed, 60_000);

      expect(stillUnfed).toBe(unfed);
      expect(status.noProgress).toMatch(/the outbox has not answered/);
      expect((await edge.status()).errors["watchdog-unfed"]).toBeGreaterThan(0);
      expect((await edge.status()).noProgress).toBeNull();
    },
    120_000,
  );

  const refused = titleOf(
    noSyncShim,
    "feeds it while the disk refuses everything, since a restart would not make room",
  );
  it.skipIf(noSyncShim !== undefined)(
    refused,
    async () => {
      const folder = await tempFolder();
      const shim = await buildSyncShim(folder, join(folder, "data"));
      const { systemd, edge } = await start(folder, shim.env);
      await until("it is fed", () => systemd.count("WATCHDOG=1") >= 2, 30_000);

      await shim.fail();
      await until("the disk refuses", async () => (await edge.status()).outbox.trouble !== null, 30_000);
      const before = systemd.count("WATCHDOG=1");

      await until("it is fed on", () => systemd.count("WATCHDOG=1") >= before + 6, 30_000);
      await shim.heal();
    },
    90_000,
  );
});
