import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Credentials } from "#contract/credentials.ts";
import { addClient, hashToken, makeToken } from "../../firmware-config/credentials.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TRUCK = { tenant: "demo", device: "truck-1", role: "device" as const };
const clientsIn = async (file: string) => Credentials.parse(JSON.parse(await readFile(file, "utf8"))).clients;

describe("addClient", () => {
  it("makes the file for its owner alone and keeps only the hash of the token", async () => {
    const folder = await tempFolder();
    const file = join(folder, "credentials.json");

    const token = await addClient(file, TRUCK);

    expect(await clientsIn(file)).toEqual([{ ...TRUCK, tenants: [], tokenSha256: hashToken(token) }]);
    expect(await readFile(file, "utf8")).not.toContain(token);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["credentials.json"]);
  });

  it("keeps the others and replaces the token of a client that is there already", async () => {
    const file = join(await tempFolder(), "credentials.json");
    await addClient(file, TRUCK);
    await addClient(file, { ...TRUCK, device: "truck-2" });

    const token = await addClient(file, TRUCK);

    const clients = await clientsIn(file);
    expect(clients.map(({ device }) => device).sort()).toEqual(["truck-1", "truck-2"]);
    expect(clients.find(({ device }) => device === "truck-1")?.tokenSha256).toBe(hashToken(token));
  });

  it("refuses a name that is none, and leaves the file as it was", async () => {
    const file = join(await tempFolder(), "credentials.json");
    await addClient(file, TRUCK);

    await expect(addClient(file, { ...TRUCK, device: "Truck 1" })).rejects.toThrow();

    expect(await clientsIn(file)).toHaveLength(1);
  });

  it("draws tokens that nobody guesses", () => {
    const tokens = new Set(Array.from({ length: 100 }, makeToken));

    expect(tokens.size).toBe(100);
    expect([...tokens].every((token) => /^[A-Za-z0-9_-]{43}$/.test(token))).toBe(true);
  });
});
