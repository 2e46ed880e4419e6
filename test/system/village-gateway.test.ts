import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { clientIdOf } from "#contract/names.ts";
import { StationCollection } from "../../cloud/live/station-table.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { randomFrom } from "../../models/random.ts";
import type { Program } from "../support/program.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";
import { drawnRoll } from "../town/camera-roll.ts";
import { auditState, coveredUpTo, isPhotoWhole, lastNumberOf, pointsIn } from "./audit.ts";
import { startDriver } from "./driver.ts";
import { killAndRestart, receivedCount } from "./kills.ts";
import { layLine, STATION, UNIT } from "./line.ts";

/** What a device says of its second tick. */
const Status = z.looseObject({ uplink: z.looseObject({ stored: z.looseObject({ upTo: z.number() }).nullable() }) });
/** A satellite's way, there and back. */
const DELAY_MS = 150;

/** The line, with a village's gateway between the device and the city's, behind a link that is slow and breaks. */
async function layVillage() {
  const line = await layLine({ folder: await tempFolder() });
  onTestFinished(() => line.close());
  const village = { tenant: "dv", device: "village", role: "gateway" as const, tenants: [UNIT.tenant] };
  const token = await addClient(line.credentialsFile, village);
  await line.gateway.start();
  await line.cloud.start();
  const link = await startTcpProxy(line.gatewayPort, DELAY_MS);
  onTestFinished(() => link.close());
  const gateway = await startTestGateway({
    clients: [clientIdOf(UNIT)],
    settings: {
      GATEWAY_NAME: "village",
      PARENT_URL: `mqtt://127.0.0.1:${link.port}`,
      PARENT_TOKEN: token,
      PARENT_TENANTS: UNIT.tenant,
    },
  });
  const deviceWith = (settings: Readonly<Record<string, string>>): Program => {
    const program = line.edgeWith({
      BROKER_URL: gateway.url,
      TOKEN: gateway.tokenOf(clientIdOf(UNIT)),
      HEALTH_EVERY_S: "86400",
      ...settings,
    });
    onTestFinished(() => program.close());
    return program;
  };
  const storedUpTo = async () => {
    const answer = await fetch(`${line.edgeUrl}/status`);
    return Status.parse(await answer.json()).uplink.stored?.upTo ?? 0;
  };
  return { line, link, gateway, deviceWith, storedUpTo };
}

it("a device behind a village's gateway reaches the map, and hears from the city, over a link that is slow and breaks and gateways that are killed", async () => {
  const { line, link, gateway, deviceWith, storedUpTo } = await layVillage();
  const device = deviceWith({ READING_EVERY_S: "0.1" });
  await device.start();
  const roll = await drawnRoll(line.cameraFolder, randomFrom(31), 0);
  const driver = startDriver(line.edgeUrl, ["site-1", "site-2"], roll, 2);
  onTestFinished(() => driver.close());

  await until("something is in the city", () => receivedCount(line) > 5, 60_000);
  link.cut(false);
  await killAndRestart(line.gateway);
  link.cut(true);
  await driver.done;
  await gateway.restart();
  link.mend();
  const before = receivedCount(line);
  await until("it goes on", () => receivedCount(line) > before + 20, 60_000);
  await line.setAir({ pm25: 77.7, pm10: 99.9, temperature: -21, humidity: 81, pressure: 987 });
  await until(
    "the map shows the air of now",
    async () => {
      const stations = StationCollection.parse(await (await fetch(`${line.cloudUrl}/api/v1/stations`)).json());
      return stations.features.find(({ id }) => id === STATION)?.properties.air.pm25?.now?.value === 77.7;
    },
    60_000,
  );
  await device.close();

  const last = lastNumberOf(line.data.edge);
  const rest = deviceWith({ SDS011: "", IIO_DIR: join(line.data.edge, "nowhere") });
  await rest.start();
  await until("the device knows that the city has everything", async () => (await storedUpTo()) >= last, 120_000);

  const audit = auditState(line.data.cloud);
  expect(coveredUpTo(audit)).toBeGreaterThanOrEqual(last);
  expect(audit.deadLetters).toBe(0);
  expect(audit.visits.map(({ visit }) => visit)).toEqual(
    expect.arrayContaining(driver.confirmed.map(({ visit }) => visit)),
  );
  const shas = audit.visits.flatMap(({ photos }) => photos.map(({ sha }) => sha));
  expect(shas).toHaveLength(4);
  expect(await Promise.all(shas.map((sha) => isPhotoWhole(line.data.cloud, sha)))).toEqual([true, true, true, true]);
  expect(pointsIn(line.data.cloud)).toBeGreaterThan(20);
  expect((await gateway.health()).uplink).toMatchObject({ connected: true, aside: 0, refusedTenants: [] });
}, 300_000);
