import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDeviceKey } from "../../../edge/visits/device-key.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describe("openDeviceKey", () => {
  it("makes a key once, for its owner's eyes only", async () => {
    const file = join(await tempFolder(), "device-key.pem");

    const made = await openDeviceKey(file);
    const again = await openDeviceKey(file);

    expect(again).toEqual(made);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("never replaces a damaged key by itself", async () => {
    const file = join(await tempFolder(), "device-key.pem");
    await writeFile(file, "rot");

    await expect(openDeviceKey(file)).rejects.toMatchObject({ code: "bad-config" });
  });
});
