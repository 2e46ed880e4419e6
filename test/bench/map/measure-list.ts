import { wait } from "#kit/wait.ts";
import { cpuSecondsOf } from "../gateway/process-usage.ts";
import { type Asked, askMany } from "./ask-many.ts";
import type { BenchCloud } from "./bench-cloud.ts";
import type { Child } from "./children.ts";
import type { FromFeed, ToFeed } from "./feed-job.ts";

export type Feed = Child<ToFeed, FromFeed>;

/** One way of asking, with what the server spent on it. */
export interface ListRow extends Asked {
  readonly way: string;
  /** Share of one core that the server needed, its threads together. */
  readonly cpuShare: number;
}

/** The list of all stations as readers get it: quiet, while data come in, with 304, and beside GeoJSON. */
export async function measureList(cloud: BenchCloud, feed: Feed, perSecond: number): Promise<readonly ListRow[]> {
  const list = () => `${cloud.url}/api/v1/stations`;
  const geojson = () => `${cloud.url}/api/v1/open/stations.geojson`;
  const rows: ListRow[] = [];
  const measure = async (way: string, ask: () => Promise<Asked>) => {
    const [cpu, startMs] = [cpuSecondsOf(cloud.pid()), performance.now()];
    const asked = await ask();
    const seconds = (performance.now() - startMs) / 1000;
    rows.push({ way, ...asked, cpuShare: (cpuSecondsOf(cloud.pid()) - cpu) / seconds });
  };
  // The first ones compile code and write the list.
  await askMany({ url: list, askers: 1, times: 20 });
  await measure("quiet, packed", () => askMany({ url: list, askers: 1, times: 200 }));
  await measure("quiet, plain", () => askMany({ url: list, askers: 1, times: 50, isPacked: false }));
  await measure("quiet, 304", () => askMany({ url: list, askers: 1, times: 500, isKeeping: true }));
  await askMany({ url: geojson, askers: 1, times: 1 });
  await measure("peer: GeoJSON, packed", () => askMany({ url: geojson, askers: 1, times: 50 }));
  await measure("peer: GeoJSON, plain", () => askMany({ url: geojson, askers: 1, times: 10, isPacked: false }));
  await feed.ask({ type: "pace", perSecond });
  await wait(3_000);
  const crowd = { url: list, askers: 10, pauseMs: 200 } as const;
  const none = async (): Promise<Asked> => {
    await wait(10_000);
    return { p50: Number.NaN, p99: Number.NaN, n: 0, bytes: 0, unchanged: 0, lists: 0 };
  };
  await measure("data come in, nobody asks", none);
  await measure("data come in, 10 readers", () => askMany({ ...crowd, forMs: 15_000 }));
  await measure("the same, with 304", () => askMany({ ...crowd, forMs: 15_000, isKeeping: true }));
  await feed.ask({ type: "pace", perSecond: 0 });
  return rows;
}
