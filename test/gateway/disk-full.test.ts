import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { aPublish, connectRaw } from "../support/raw-mqtt.ts";
import { startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const disk = mkdtempSync(join(tmpdir(), "dvornik-full-"));

function mountSmallDisk(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    // Mounting needs rights that this machine may not give; the test then says that it was skipped.
    return false;
  }
}

const isMounted = mountSmallDisk();
afterAll(() => {
  if (isMounted) execFileSync("umount", ["-l", disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe("a gateway on a full disk", () => {
  it.skipIf(!isMounted)(
    "acknowledges nothing, says so, and recovers without a restart (needs the right to mount a tmpfs)",
    async () => {
      const gateway = await startTestGateway({
        clients: ["demo:truck-1"],
        settings: { DATA_DIR: disk, LOG_LEVEL: "silent" },
      });
      const connect = () =>
        connectRaw(gateway.port, { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") });
      const topic = topics.data({ tenant: "demo", device: "truck-1" }, "chunk");
      const first = await connect();
      first.send(aPublish(topic, 1));
      await first.receive("puback");
      await writeFile(join(disk, "filler"), Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined);

      first.send(...Array.from({ length: 30 }, (_, i) => aPublish(topic, i + 2, Buffer.alloc(30_000))));
      await first.closed();

      const full = await gateway.health();
      expect(full.status).toBe("unhealthy");
      expect(full.refused["journal-unavailable"]).toBeGreaterThan(0);

      await rm(join(disk, "filler"));
      await until("it is healthy again", async () => (await gateway.health()).status === "ok");
      const second = await connect();
      second.send(aPublish(topic, 1));
      await second.receive("puback");
      const acknowledged = [...first.received, ...second.received].filter(({ cmd }) => cmd === "puback").length;
      expect((await gateway.health()).journal.pending.chunk).toBe(acknowledged);
    },
    60_000,
  );
});
