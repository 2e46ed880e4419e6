import { join } from "node:path";
import { expect, it } from "vitest";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { aClaim, openTestFleet } from "./fleet-fixture.ts";

it.skipIf(!maySmallDisk)(
  "an authority on a full disk gives out nothing, and the claim is good once there is room (needs the right to mount a tmpfs)",
  async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "small"), 2);
    const { fleet } = await openTestFleet({ file: join(disk.folder, "fleet.db") });
    const order = { claim: await aClaim(fleet), csr: requestFor(makeTlsKey()) };
    await disk.fill();

    const claims = Array.from({ length: 40 }, (_, n) => aClaim(fleet, { device: `truck-${n}` }));
    const refused = (await Promise.allSettled(claims)).filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    await expect(fleet.enrol(order)).rejects.toEqual(expect.objectContaining({ code: "state-unavailable" }));
    await disk.empty();

    const { certificate } = await fleet.enrol(order);
    expect((await fleet.certificates({ limit: 10 })).map(({ serial }) => serial)).toHaveLength(1);
    expect(certificate).toContain("BEGIN CERTIFICATE");
  },
);
