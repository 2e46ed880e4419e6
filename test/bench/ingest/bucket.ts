import { InfluxDB } from "@influxdata/influxdb-client";
import { z } from "zod";
import type { Influx } from "../../real/influx/start-influx.ts";

/** A bucket of its own in a running InfluxDB. */
export interface Bucket {
  readonly name: string;
  /** Points that have a field; each reading is one. */
  count(field: string): Promise<number>;
}

const Orgs = z.object({ orgs: z.tuple([z.object({ id: z.string() })]) });
const Row = z.object({ _value: z.number() });

/** Makes an empty bucket. */
export async function createBucket(influx: Influx, name: string): Promise<Bucket> {
  const headers = { authorization: `Token ${influx.token}`, "content-type": "application/json" };
  const found = await fetch(`${influx.url}/api/v2/orgs?org=${influx.org}`, { headers });
  const orgID = Orgs.parse(await found.json()).orgs[0].id;
  const body = JSON.stringify({ orgID, name, retentionRules: [] });
  const made = await fetch(`${influx.url}/api/v2/buckets`, { method: "POST", headers, body });
  if (made.status !== 201) throw new Error(`InfluxDB made no bucket: ${made.status} ${await made.text()}`);
  const api = new InfluxDB({ url: influx.url, token: influx.token, timeout: 60_000 }).getQueryApi(influx.org);
  return {
    name,
    count: async (field) => {
      const rows = await api.collectRows<unknown>(
        `from(bucket: "${name}") |> range(start: 0) |> filter(fn: (r) => r._field == "${field}") |> count()`,
      );
      return rows.reduce<number>((sum, row) => sum + Row.parse(row)._value, 0);
    },
  };
}
