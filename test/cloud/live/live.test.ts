import { describe, expect, it, onTestFinished } from "vitest";
import { StationChanges } from "../../../cloud/live/station-table.ts";
import { openEvents } from "../../support/event-stream.ts";
import {
  ADMIN_TOKEN,
  AFTER_SHA,
  aSample,
  type HttpFixture,
  httpParts,
  listenHttp,
} from "../../support/http-fixture.ts";

async function open(parts: HttpFixture = httpParts(), path = "/api/v1/live", headers: Record<string, string> = {}) {
  const server = await listenHttp(parts);
  onTestFinished(() => server.close());
  const events = await openEvents(`${server.url}${path}`, headers);
  onTestFinished(() => events.close());
  return { parts, server, events };
}

const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };

describe("GET /api/v1/live", () => {
  it("tells of the stations that have changed, and of no others, as soon as its reading is committed", async () => {
    const { parts, events } = await open();
    parts.state.samples = [aSample({ values: { pm25: 9.1 } })];

    parts.tell({ kind: "station", station: "st-1" });

    const { event, data } = await events.next();
    expect(event).toBe("stations");
    expect(StationChanges.parse(data)).toMatchObject([
      { id: "st-1", properties: { air: { pm25: { now: { value: 9.1 } } } } },
    ]);
  });

  it("tells of a change also where somebody has fetched the list before it was told", async () => {
    const { parts, server, events } = await open();
    parts.state.samples = [aSample({ values: { pm25: 77 } })];
    await (await fetch(`${server.url}/api/v1/stations`)).arrayBuffer();

    parts.tell({ kind: "station", station: "st-1" });

    const { data } = await events.next();
    expect(StationChanges.parse(data)).toMatchObject([{ properties: { air: { pm25: { now: { value: 77 } } } } }]);
  });

  it("tells of a site", async () => {
    const { parts, events } = await open();

    parts.tell({ kind: "site", site: "site-1" });

    expect(await events.next()).toMatchObject({
      event: "site",
      data: { id: "site-1", properties: { state: "overflow" } },
    });
  });

  it("thins a burst to its first and its last state", async () => {
    const { parts, events } = await open();

    for (let n = 1; n <= 100; n++) {
      parts.state.samples = [aSample({ values: { pm25: n } })];
      parts.tell({ kind: "station", station: "st-1" });
    }
    parts.tell({ kind: "site", site: "site-1" });

    const told = [await events.next(), await events.next(), await events.next()];
    const pm25Of = (data: unknown) => StationChanges.parse(data)[0]?.properties.air.pm25?.now?.value;
    expect(told.map(({ event, data }) => (event === "stations" ? pm25Of(data) : event))).toEqual([1, "site", 100]);
  });

  it("tells when a station turns stale, about which no message tells", async () => {
    const { parts, events } = await open(httpParts({ staleAfterMs: 1000 }));

    parts.passMs(5000);

    const { event, data } = await events.next();
    expect(event).toBe("stations");
    expect(StationChanges.parse(data)).toMatchObject([{ properties: { isStale: true, status: "late" } }]);
  });

  it("says nothing of stations and sites that are not in the registry", async () => {
    const { parts, events } = await open();

    parts.tell({ kind: "station", station: "nowhere" });
    parts.tell({ kind: "site", site: "site-1" });

    expect((await events.next()).event).toBe("site");
  });

  it("carries the strict headers and counts its clients", async () => {
    const { server, events } = await open();

    const health = await (await fetch(`${server.url}/healthz`)).json();

    expect(events.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(events.headers.get("x-content-type-options")).toBe("nosniff");
    expect(health).toMatchObject({ counts: { "live.clients": 1 } });
  });

  it("ends its streams when the server closes", async () => {
    const { server, events } = await open();

    await server.close();

    expect(await events.ended()).toBe(true);
  });
});

describe("GET /api/v1/desk/live", () => {
  it("tells of an alert when it is made and when it is acknowledged", async () => {
    const { parts, server, events } = await open(httpParts(), "/api/v1/desk/live", bearer);

    parts.tell({ kind: "alert", alert: "alert-1" });
    const made = await events.next();
    await fetch(`${server.url}/api/v1/alerts/alert-1/acknowledge`, {
      method: "POST",
      headers: { ...bearer, "content-type": "application/json" },
      body: JSON.stringify({ name: "Ivanova" }),
    });
    const acknowledged = await events.next();

    expect(made).toMatchObject({ event: "alert", data: { id: "alert-1", acknowledgedBy: null } });
    expect(acknowledged).toMatchObject({ event: "alert", data: { acknowledgedBy: "Ivanova" } });
  });

  it("tells of an open alert again when a photo of its visit has become whole", async () => {
    const { parts, events } = await open(httpParts(), "/api/v1/desk/live", bearer);
    parts.state.whole.add(AFTER_SHA);

    parts.tell({ kind: "site", site: "site-1" });

    const { data } = await events.next();
    expect(data.visit.photos[1].url).toContain(AFTER_SHA);
  });
});
