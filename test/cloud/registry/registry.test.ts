import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { watchRegistry } from "../../../cloud/registry/watch-registry.ts";
import { aRegistry, NOON, POST } from "../../support/builders.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

describe("indexRegistry", () => {
  it("finds where a device stood at the time of its sample", () => {
    const registry = indexRegistry(
      aRegistry({
        assignments: [
          { ...POST, station: "station-2", from: NOON },
          { ...POST, station: "station-1", from: 1_000 },
        ],
      }),
    );

    expect(registry.stationOf(POST, NOON - 1)?.id).toBe("station-1");
    expect(registry.stationOf(POST, NOON)?.id).toBe("station-2");
    expect(registry.stationOf(POST, 999)).toBeUndefined();
    expect(registry.stationOf({ ...POST, tenant: "other" }, NOON)).toBeUndefined();
  });
});

describe("watchRegistry", () => {
  it("takes a change, keeps the old registry while the file is broken, and recovers", async () => {
    const file = join(await tempFolder(), "registry.json");
    await writeFile(file, JSON.stringify(aRegistry()));
    let changes = 0;
    const watch = await watchRegistry(file, { onChange: () => (changes += 1), onTrouble: () => {} });
    onTestFinished(() => watch.close());

    await writeFile(file, '{"stations": [');
    await until("the broken file is noticed", () => watch.trouble() !== null);
    expect(watch.current().site("site-1")?.id).toBe("site-1");

    await writeFile(file, JSON.stringify(aRegistry({ sites: [] })));
    await until("the new file is read", () => changes > 0);
    expect(watch.trouble()).toBeNull();
    expect(watch.current().site("site-1")).toBeUndefined();
  });

  it("refuses to start with a registry that contradicts itself", async () => {
    const file = join(await tempFolder(), "registry.json");
    await writeFile(file, JSON.stringify(aRegistry({ municipalities: [] })));

    await expect(watchRegistry(file, { onChange: () => {}, onTrouble: () => {} })).rejects.toMatchObject({
      code: "bad-registry",
    });
  });
});
