import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { StationChanges } from "../../../cloud/live/station-table.ts";
import { openSqliteMeasurements } from "../../../cloud/store/measurements/sqlite-measurements.ts";
import { aPoint } from "../../suites/measurements.suite.ts";
import { openEvents } from "../../support/event-stream.ts";
import { aSample, httpParts, listenHttp } from "../../support/http-fixture.ts";
import { tempFolder } from "../../support/temp-folder.ts";

it("a store that does not take a write holds up neither the stream, nor the pages, nor a chart", async () => {
  const file = join(await tempFolder(), "measurements.db");
  const measurements = await openSqliteMeasurements(file);
  const parts = httpParts({ measurements });
  const server = await listenHttp(parts);
  const events = await openEvents(`${server.url}/api/v1/live`);
  const holder = new DatabaseSync(file);
  onTestFinished(async () => {
    await events.close();
    await server.close();
    await measurements.close();
  });
  holder.exec("BEGIN IMMEDIATE");
  let isWritten = false;
  const writing = measurements.write([aPoint()]).then(() => {
    isWritten = true;
  });

  parts.state.samples = [aSample({ values: { pm25: 12 } })];
  parts.tell({ kind: "station", station: "st-1" });
  const told = await events.next();
  const stations = await fetch(`${server.url}/api/v1/stations`);
  const chart = await fetch(`${server.url}/api/v1/stations/st-1/samples`);
  const wasWritten = isWritten;
  holder.close();
  await writing;

  expect(told.event).toBe("stations");
  expect(StationChanges.parse(told.data)).toMatchObject([{ properties: { air: { pm25: { now: { value: 12 } } } } }]);
  expect([stations.status, chart.status, wasWritten]).toEqual([200, 200, false]);
});
