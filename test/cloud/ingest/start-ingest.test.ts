import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createLogger } from "#kit/logger.ts";
import { Bulletin } from "../../../cloud/air/bulletins/bulletin.ts";
import { FOR_EVER } from "../../../cloud/air/windows/retention.ts";
import { startIngest } from "../../../cloud/ingest/start-ingest.ts";
import { openStateView } from "../../../cloud/store/state/sqlite-state-view.ts";
import { aRegistry } from "../../support/builders.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

it("starts a thread again that has ended, and says so meanwhile", async () => {
  const folder = await tempFolder();
  const dataDir = join(folder, "cloud");
  await mkdir(dataDir);
  await openStateView(join(dataDir, "state.db")).close();
  const registryFile = join(folder, "registry.json");
  const settings = {
    brokerUrl: `mqtt://127.0.0.1:${await freePort()}`,
    device: "cloud",
    signIn: { token: "secret", certFile: null, keyFile: null, caFile: null },
    dataDir,
    registryFile,
    gateways: new Map(),
    influx: null,
    retention: FOR_EVER,
    timeZone: "UTC",
    logLevel: "silent" as const,
  };

  // Without a registry a thread cannot start.
  const ingest = startIngest(settings, { random: () => 0, log: createLogger("test", "silent") });
  onTestFinished(() => ingest.close());
  expect(Object.keys(ingest.health())).toEqual(["air", "sites", "devices", "windows"]);
  // The averages need neither registry nor gateway.
  const groups = () =>
    Object.entries(ingest.health()).flatMap(([part, health]) => (part === "windows" ? [] : [health]));
  expect(Object.values(ingest.health()).some(({ isConnected }) => isConnected)).toBe(false);
  await until(
    "both threads have ended",
    () => groups().every(({ trouble }) => trouble === "its thread has ended"),
    40_000,
  );

  await writeFile(registryFile, JSON.stringify(aRegistry()));

  await until(
    "both look for the gateway",
    () => groups().every(({ trouble }) => trouble?.includes("ECONNREFUSED")),
    40_000,
  );
  expect(await ingest.acknowledgeAlert("no-such-alert", "Anna")).toBe(false);
  // What is answered is on disk: a page sees it in the same file.
  const bulletin = Bulletin.parse({
    sender: "office@example.org",
    identifier: "n-1",
    sent: "2026-11-22T09:00:00+05:00",
    msgType: "alert",
    headline: "НМУ",
    area: "Челябинск",
  });
  expect([await ingest.putBulletin(bulletin), await ingest.putBulletin(bulletin)]).toEqual(["kept", "known"]);
  const view = openStateView(join(dataDir, "state.db"));
  expect(view.bulletins()).toEqual([bulletin]);
  await view.close();
}, 120_000);
