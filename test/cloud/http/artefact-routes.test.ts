import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { openArtefacts, removeArtefact } from "../../../cloud/fleet/artefacts/artefacts.ts";
import type { HttpParts } from "../../../cloud/http/http.ts";
import { ADMIN_TOKEN, httpParts, listenHttp } from "../../support/http-fixture.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const shaOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const FILE = randomBytes(300_000);
const SHA = shaOf(FILE);

async function openTown(change: Partial<HttpParts> = {}, folder?: string) {
  const artefactFolder = join(folder ?? (await tempFolder()), "artefacts");
  const artefacts = await openArtefacts({ folder: artefactFolder, reservedBytes: 0 });
  const http = await listenHttp(httpParts({ artefacts, ...change }));
  onTestFinished(() => http.close());
  const at = (sha: string) => new URL(`/artefacts/${sha}`, http.url);
  const put = (bytes: Buffer, sha = shaOf(bytes), headers: object = ADMIN) =>
    fetch(new URL(`/api/v1/fleet/artefacts/${sha}`, http.url), {
      method: "PUT",
      body: new Uint8Array(bytes),
      headers: { "content-type": "application/octet-stream", ...headers },
    });
  const get = (headers: Record<string, string> = {}, sha = SHA) => fetch(at(sha), { headers });
  const halves = () => readdir(join(artefactFolder, "incoming"));
  return { url: http.url, at, put, get, artefacts, artefactFolder, halves };
}

type Put = Awaited<ReturnType<typeof openTown>>["put"];

describe("a file of an update", () => {
  it("is uploaded by the administrator, and read by whoever knows its hash", async () => {
    const { put, get, at } = await openTown();

    expect((await put(FILE, SHA, {})).status).toBe(401);
    expect((await get()).status).toBe(404);
    const uploaded = await put(FILE);
    const read = await get();
    const head = await fetch(at(SHA), { method: "HEAD" });

    expect([uploaded.status, await uploaded.json()]).toEqual([200, { sha256: SHA, bytes: FILE.length }]);
    expect(shaOf(await read.bytes())).toBe(SHA);
    expect(Object.fromEntries(read.headers)).toMatchObject({
      etag: `"${SHA}"`,
      "accept-ranges": "bytes",
      "content-length": String(FILE.length),
      "cache-control": "public, max-age=31536000, immutable",
    });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(FILE.length)]);
    expect((await get({ "if-none-match": `"${SHA}"` })).status).toBe(304);
    expect((await put(FILE)).status).toBe(200);
  });

  it("comes in pieces, which are the file when they are put together", async () => {
    const { put, get } = await openTown();
    await put(FILE);
    const pieces: Buffer[] = [];

    for (let from = 0; from < FILE.length; from += 70_000) {
      const piece = await get({ range: `bytes=${from}-${from + 69_999}`, "if-range": `"${SHA}"` });
      expect(piece.status).toBe(206);
      const to = Math.min(from + 69_999, FILE.length - 1);
      expect(piece.headers.get("content-range")).toBe(`bytes ${from}-${to}/${FILE.length}`);
      pieces.push(Buffer.from(await piece.bytes()));
    }

    expect(Buffer.concat(pieces).equals(FILE)).toBe(true);
    const beyond = await get({ range: `bytes=${FILE.length}-` });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${FILE.length}`]);
    expect((await get({ range: "bytes=0-9", "if-range": '"another"' })).status).toBe(200);
    expect((await get({ range: "bytes=0-1,4-5" })).status).toBe(200);
  });

  it.each(["..%2f..%2fstate.db", "%2e%2e/%2e%2e/state.db", `${SHA}%00`, SHA.toUpperCase(), `${SHA}/..`, "incoming"])(
    "is not found under %s",
    async (path) => {
      const { put, url } = await openTown();
      await put(FILE);

      const asked = request(new URL(url), { path: `/artefacts/${path}` }).end();
      const [answer] = await new Promise<[number | undefined]>((resolve) =>
        asked.on("response", ({ statusCode }) => resolve([statusCode])),
      );

      expect([400, 403, 404]).toContain(answer);
    },
  );

  it.each([
    ["other bytes", (put: Put) => put(FILE, "a".repeat(64)), 400, "hash-mismatch"],
    ["no bytes", (put: Put) => put(Buffer.alloc(0), SHA), 413, "too-large"],
    ["a name that is none", (put: Put) => put(FILE, "..%2fx"), 400, "bad-request"],
  ])("is refused as %s, and nothing of it is left", async (_what, upload, status, code) => {
    const { put, artefacts, halves } = await openTown();

    const refused = await upload(put);

    expect([refused.status, await refused.json()]).toEqual([status, expect.objectContaining({ code })]);
    expect([await artefacts.list(), await halves()]).toEqual([[], []]);
  });

  it("leaves nothing behind when the upload ends halfway, whoever ends it", async () => {
    const { url, artefactFolder, artefacts, halves } = await openTown();
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    const head = `PUT /api/v1/fleet/artefacts/${SHA} HTTP/1.1\r\nhost: x\r\nauthorization: ${ADMIN.authorization}\r\n`;
    socket.write(`${head}content-type: application/octet-stream\r\ncontent-length: ${FILE.length}\r\n\r\n`);
    socket.write(FILE.subarray(0, 100_000));
    await until("a half is there", async () => (await halves()).length === 1);

    socket.destroy();

    await until("nothing is left", async () => (await halves()).length === 0);
    expect(await artefacts.list()).toEqual([]);
    expect(await readdir(artefactFolder)).toEqual(["incoming"]);
  });

  it("that is removed between a look at it and its download is not found, in the words of every error", async () => {
    const folder = join(await tempFolder(), "artefacts");
    const artefacts = await openArtefacts({ folder, reservedBytes: 0 });
    const size = async (sha: string) => {
      const bytes = await artefacts.size(sha);
      removeArtefact(folder, sha);
      return bytes;
    };
    await artefacts.put({ sha256: SHA, bytes: FILE.length }, Readable.from([FILE]));
    const { get } = await openTown({ artefacts: { ...artefacts, size } });

    const answer = await get();

    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/json; charset=utf-8"]);
    expect(await answer.json()).toEqual({ code: "not-found", message: expect.stringContaining("artefact") });
    expect(answer.headers.get("etag")).toBeNull();
  });

  it("is uploaded by two administrators at once, and is there once", async () => {
    const { put, artefacts } = await openTown();

    const both = await Promise.all([put(FILE), put(FILE)]);

    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await artefacts.list()).toEqual([{ sha256: SHA, bytes: FILE.length }]);
  });

  it.skipIf(!maySmallDisk)(
    "is answered with 507 where the disk has no room, and is taken once it has (needs the right to mount a tmpfs)",
    async () => {
      const disk = await mountSmallDisk(join(await tempFolder(), "small"), 2);
      const { put, artefacts, halves } = await openTown({}, disk.folder);
      await disk.fill();

      const refused = await put(FILE);

      expect([refused.status, await refused.json()]).toEqual([507, expect.objectContaining({ code: "disk-full" })]);
      expect([await artefacts.list(), await halves()]).toEqual([[], []]);
      await disk.empty();
      expect((await put(FILE)).status).toBe(200);
    },
  );
});

describe("a thousand devices that download at once", () => {
  it("get their places in turn, the others are told when to come again, and the map is served meanwhile", async () => {
    const big = randomBytes(4 * 1024 * 1024);
    const { put, at, url } = await openTown({ artefactBytesPerS: 32 * 1024 * 1024 });
    await put(big);
    const closing = new AbortController();

    const answers = await Promise.all(
      Array.from({ length: 300 }, () => fetch(at(shaOf(big)), { signal: closing.signal })),
    );
    const askedAtMs = performance.now();
    const map = await fetch(new URL("/api/v1/stations", url));
    const mapMs = performance.now() - askedAtMs;

    const later = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(256);
    expect(later).toHaveLength(44);
    expect(later.every(({ headers }) => Number(headers.get("retry-after")) >= 20)).toBe(true);
    expect(map.status).toBe(200);
    expect(mapMs).toBeLessThan(10_000);

    closing.abort();
    await until("there is a place again", async () => {
      const again = await fetch(at(shaOf(big)), { headers: { range: "bytes=0-9" } });
      await again.body?.cancel();
      return again.status === 206;
    });
  }, 120_000);

  it("share what may be downloaded in a second", async () => {
    const { put, get } = await openTown({ artefactBytesPerS: 600_000 });
    await put(FILE);

    const startedAtMs = performance.now();
    const all = await Promise.all([get(), get(), get(), get()].map(async (asked) => (await asked).bytes()));

    expect(all.every((bytes) => shaOf(bytes) === SHA)).toBe(true);
    // 1.2 MB at 0.6 MB a second; the first piece of each waits for nobody.
    expect(performance.now() - startedAtMs).toBeGreaterThan(1_200);
  });
});
