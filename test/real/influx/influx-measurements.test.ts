import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openInfluxMeasurements } from "../../../cloud/store/measurements/influx-measurements.ts";
import type { Measurements } from "../../../cloud/store/measurements/measurements.ts";
import { keepsAirWindows } from "../../suites/air-windows.suite.ts";
import { aPoint, aQuery, behavesLikeMeasurements } from "../../suites/measurements.suite.ts";
import { findInfluxd, type Influx, startInflux } from "./start-influx.ts";

const influxd = await findInfluxd();
if ("missing" in influxd) {
  // One line instead of one for each test.
  it.skip(`a real InfluxDB 2 passes the suite of the measurements (${influxd.missing})`);
} else {
  describe("a real InfluxDB 2", () => testInflux(influxd.program));
}

function testInflux(program: string): void {
  let influx: Influx;
  let store: Measurements;
  beforeAll(async () => {
    influx = await startInflux(program);
    store = openInfluxMeasurements(influx);
  }, 120_000);
  afterAll(async () => {
    await store?.close();
    await influx?.stop();
  });

  behavesLikeMeasurements(async () => openInfluxMeasurements(influx));
  keepsAirWindows(async () => openInfluxMeasurements(influx));

  it("refuses the points of a wrong type with the server's words and stores the others", async () => {
    const station = "types";
    await store.write([aPoint({ station, fields: { pm25: 1 } })]);
    const points = Array.from({ length: 200 }, (_, n) =>
      aPoint({ station, at: aPoint().at + n, fields: { pm25: n === 17 || n === 150 ? "text" : n } }),
    );

    const refused = await store.write(points);

    expect(refused.map(({ point }) => point)).toEqual([points[17], points[150]]);
    expect(refused[0]?.reason).toContain("type conflict");
    expect(await store.samples(aQuery({ station }))).toHaveLength(198);
  });

  it("calls a wrong token and an unknown bucket or organisation a mistake in the settings", async () => {
    const wrong = [{ token: "wrong" }, { bucket: "nowhere" }, { org: "nobody" }];

    for (const change of wrong) {
      const shut = openInfluxMeasurements({ ...influx, ...change });
      await expect(shut.write([aPoint()])).rejects.toMatchObject({ code: "store-misconfigured", retry: true });
      await expect(shut.samples(aQuery())).rejects.toMatchObject({ code: "store-misconfigured" });
      expect(await openInfluxMeasurements({ ...influx, ...change }).check()).toMatchObject({ ok: false });
      await shut.close();
    }
  });

  it("is unavailable while InfluxDB is down, and has everything when it is back", async () => {
    const station = "away";
    await store.write([aPoint({ station })]);
    await influx.halt("SIGKILL");

    await expect(store.write([aPoint({ station, at: aPoint().at + 1 })])).rejects.toMatchObject({
      code: "store-unavailable",
    });
    const whileDown = await store.check();
    await influx.resume();
    await store.write([aPoint({ station, at: aPoint().at + 1 })]);

    expect(whileDown).toMatchObject({ ok: false, detail: expect.stringContaining("ECONNREFUSED") });
    expect(await store.samples(aQuery({ station }))).toHaveLength(2);
    expect(await store.check()).toMatchObject({ ok: true });
  }, 120_000);
}
