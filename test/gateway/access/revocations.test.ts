import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLogger } from "#kit/logger.ts";
import { KeptRevocations } from "../../../gateway/access/revocations.ts";
import { makeAuthority } from "../../support/test-authority.ts";

describe("KeptRevocations", () => {
  it("keeps the newest of lists that come at once, and holds it before it is on disk", async () => {
    const authority = await makeAuthority();
    const x509 = new X509Certificate(await readFile(authority.caFile));
    const file = join(authority.folder, "revoked.pem");
    const kept = await KeptRevocations.open(file, x509, createLogger("test", "silent"));
    const lists = await Promise.all([1, 2, 3, 4, 5].map((number) => authority.list(number, [])));

    const taken = lists.map((list) => kept.offer(list));
    expect(kept.list?.number).toBe(5n);
    await Promise.all(taken);

    expect(await readFile(file, "utf8")).toBe(lists[4]);
    expect(kept.troubleAt(Date.now())).toBeUndefined();
  });
});
