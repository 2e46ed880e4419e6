import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { type DownloadOptions, downloadFile } from "../../../edge/update/download.ts";
import { UpdateWaits } from "../../../edge/update/update-refused.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type Answerer, rangeOf, startArtefactServer } from "./artefact-server.ts";

const PIECE = 10_000;
const never = new AbortController().signal;

async function aDevice(change: Partial<DownloadOptions> = {}) {
  const server = await startArtefactServer();
  const folder = join(await tempFolder(), "files");
  const bytes = randomBytes(34_567);
  const file = server.put("model.onnx", bytes);
  const options: DownloadOptions = {
    fleetUrl: server.url,
    folder,
    pieceBytes: PIECE,
    bytesPerS: 1e9,
    clock: systemClock,
    mayGoOn: async () => {},
    silentMs: 300,
    ...change,
  };
  return { server, folder, bytes, file, options, fetchIt: () => downloadFile(file, options, never) };
}

/** Answers well until so many requests have come. */
const wellFor = (count: number, answer: Answerer): Answerer => {
  let seen = 0;
  return (request, response, file, well) => {
    seen += 1;
    if (seen <= count) well();
    else answer(request, response, file, well);
  };
};

describe("downloadFile", () => {
  it("fetches a file in pieces and gives it under its hash", async () => {
    const { server, folder, bytes, file, fetchIt } = await aDevice();

    const path = await fetchIt();

    expect(await readFile(path)).toEqual(bytes);
    expect(server.asked).toEqual(["bytes=0-9999", "bytes=10000-19999", "bytes=20000-29999", "bytes=30000-34566"]);
    expect(await readdir(folder)).toEqual([file.sha256]);
  });

  it("does not ask again for what is there", async () => {
    const { server, fetchIt } = await aDevice();
    await fetchIt();

    await fetchIt();

    expect(server.asked).toHaveLength(4);
  });

  it("fetches anew what was spoiled on the disk since it was whole", async () => {
    const { folder, bytes, file, fetchIt } = await aDevice();
    const path = await fetchIt();
    await writeFile(join(folder, file.sha256), Buffer.alloc(bytes.length, 7));

    await fetchIt();

    expect(await readFile(path)).toEqual(bytes);
  });

  it("takes no shorter pieces than it asks for: each one costs a request and a write", async () => {
    const { server, fetchIt } = await aDevice();
    server.misbehave((request, response, whole) => {
      const [from] = rangeOf(request);
      response.writeHead(206, { "content-range": `bytes ${from}-${from}/${whole.length}` });
      response.end(whole.subarray(from, from + 1));
    });

    await expect(fetchIt()).rejects.toThrow(/another piece than was asked for/);

    expect(server.asked).toHaveLength(1);
  });

  it("goes on where the link was lost, in the middle of a piece too", async () => {
    const { server, bytes, fetchIt } = await aDevice();
    const cut: Answerer = (request, response, whole) => {
      const [from, last] = rangeOf(request);
      response.writeHead(206, {
        "content-range": `bytes ${from}-${last}/${whole.length}`,
        "content-length": last - from + 1,
      });
      response.write(whole.subarray(from, from + 4_000), () => response.destroy());
    };
    server.misbehave(wellFor(1, cut));

    await expect(fetchIt()).rejects.toThrow(UpdateWaits);
    server.misbehave(undefined);
    const path = await fetchIt();

    expect(await readFile(path)).toEqual(bytes);
    expect(server.asked.slice(2)).toEqual(["bytes=14000-23999", "bytes=24000-33999", "bytes=34000-34566"]);
  });

  it("finds out that what lay on disk was spoiled, and then begins anew", async () => {
    const { folder, file, bytes, fetchIt } = await aDevice();
    await fetchIt();
    await rm(join(folder, file.sha256));
    await writeFile(join(folder, `${file.sha256}.part`), Buffer.alloc(12_345));

    await expect(fetchIt()).rejects.toThrow(/not the one that was signed/);

    expect(await readFile(await fetchIt())).toEqual(bytes);
  });

  it("takes no file with another hash, and keeps nothing of it", async () => {
    const { server, folder, fetchIt } = await aDevice();
    server.misbehave((request, response, whole) => {
      const [from, last] = rangeOf(request);
      const end = Math.min(last, whole.length - 1);
      response.writeHead(206, { "content-range": `bytes ${from}-${end}/${whole.length}` });
      response.end(Buffer.alloc(end - from + 1, 7));
    });

    await expect(fetchIt()).rejects.toThrow(/not the one that was signed/);

    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["a shorter file", -1],
    ["a longer file", 1],
  ])("takes no %s than the manifest says", async (_name, difference) => {
    const { server, folder, fetchIt } = await aDevice();
    server.misbehave((request, response, whole) => {
      const [from, last] = rangeOf(request);
      response.writeHead(206, { "content-range": `bytes ${from}-${last}/${whole.length + difference}` });
      response.end(whole.subarray(from, last + 1));
    });

    await expect(fetchIt()).rejects.toThrow(/bytes, the manifest says 34567/);

    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, Answerer, RegExp]>([
    ["that answers 200 with all of it", (_q, r, whole) => void r.writeHead(200).end(whole), /does not know Range/],
    ["that sends elsewhere", (_q, r) => void r.writeHead(302, { location: "http://127.0.0.1:1/" }).end(), /elsewhere/],
    ["that has it no more", (_q, r) => void r.writeHead(404).end(), /does not have the file/],
    ["without a range in its answer", (_q, r, whole) => void r.writeHead(206).end(whole), /another piece/],
    [
      "with garbage for a range",
      (_q, r, whole) => void r.writeHead(206, { "content-range": "bytes -1-1e3/∞".replace("∞", "x") }).end(whole),
      /another piece/,
    ],
    [
      "that sends another piece",
      (_q, r, whole) =>
        void r.writeHead(206, { "content-range": `bytes 5-9/${whole.length}` }).end(whole.subarray(5, 10)),
      /another piece/,
    ],
    [
      "that sends a piece beyond what was asked for",
      (_q, r, whole) =>
        void r.writeHead(206, { "content-range": `bytes 0-${whole.length - 1}/${whole.length}` }).end(whole),
      /another piece/,
    ],
    [
      "that packs the bytes",
      (_q, r, whole) =>
        void r
          .writeHead(206, { "content-range": `bytes 0-9999/${whole.length}`, "content-encoding": "gzip" })
          .end(whole.subarray(0, 10_000)),
      /packed|cannot be reached/,
    ],
  ])("waits for a better answer from a server %s", async (_name, answer, reason) => {
    const { server, bytes, fetchIt } = await aDevice();
    server.misbehave(answer);

    await expect(fetchIt()).rejects.toThrow(reason);
    server.misbehave(undefined);

    expect(await readFile(await fetchIt())).toEqual(bytes);
  });

  it("takes no more bytes than were said, however many come", async () => {
    const { server, folder, file, fetchIt } = await aDevice();
    server.misbehave((request, response, whole) => {
      const [from, last] = rangeOf(request);
      response.writeHead(206, { "content-range": `bytes ${from}-${last}/${whole.length}` });
      const flood = setInterval(() => response.write(Buffer.alloc(65_536)), 1);
      response.on("close", () => clearInterval(flood));
    });

    await expect(fetchIt()).rejects.toThrow(/more than it said/);

    const kept = await readFile(join(folder, `${file.sha256}.part`));
    expect(kept.length).toBeLessThanOrEqual(PIECE);
  });

  it("gives up on a server that hangs, before and in the middle of its answer", async () => {
    const { server, fetchIt } = await aDevice();
    server.misbehave(() => {});
    await expect(fetchIt()).rejects.toThrow(/said nothing for 0.3 s/);
    server.misbehave((request, response, whole) => {
      const [from, last] = rangeOf(request);
      response.writeHead(206, { "content-range": `bytes ${from}-${last}/${whole.length}` });
      response.write(whole.subarray(from, from + 10));
    });

    await expect(fetchIt()).rejects.toThrow(/said nothing for 0.3 s/);
  });

  it("begins anew when the file changes between two pieces", async () => {
    const { server, folder, fetchIt } = await aDevice();
    const other: Answerer = (request, response, whole) => {
      const [from, last] = rangeOf(request);
      response.writeHead(206, { "content-range": `bytes ${from}-${last}/${whole.length}`, etag: '"another"' });
      response.end(whole.subarray(from, last + 1));
    };
    server.misbehave(wellFor(1, other));

    await expect(fetchIt()).rejects.toThrow(/has changed/);

    expect(await readdir(folder)).toEqual([]);
  });

  it("asks that each later piece be of the same file", async () => {
    const { server, bytes, fetchIt } = await aDevice();
    const conditions: unknown[] = [];
    server.misbehave((request, _response, _whole, well) => {
      conditions.push(request.headers["if-range"]);
      well();
    });

    await fetchIt();

    const etag = `"${createHash("sha256").update(bytes).digest("hex")}"`;
    expect(conditions).toEqual([undefined, etag, etag, etag]);
  });

  it("asks before each piece whether it may go on", async () => {
    const left: number[] = [];
    const { fetchIt } = await aDevice({
      mayGoOn: async (bytes) => {
        left.push(bytes);
        if (left.length === 3) throw new UpdateWaits("the battery is low");
      },
    });

    await expect(fetchIt()).rejects.toThrow("the battery is low");

    expect(left).toEqual([34_567, 24_567, 14_567]);
  });

  it("leaves the link to others between two pieces", async () => {
    const { fetchIt } = await aDevice({ bytesPerS: 100_000 });
    const startedMs = performance.now();

    await fetchIt();

    // Three pauses of 100 ms; only that they are there is asked.
    expect(performance.now() - startedMs).toBeGreaterThan(250);
  });
});
