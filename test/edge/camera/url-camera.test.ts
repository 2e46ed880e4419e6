import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { messageOf } from "#kit/errors.ts";
import { isLanAddress } from "../../../edge/camera/lan-address.ts";
import { createUrlCamera, readCameraSecret } from "../../../edge/camera/url-camera.ts";
import { behavesLikeACamera, drawColour } from "../../suites/camera.suite.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type Answering, type IpCamera, PASSWORD, startIpCamera, USER } from "./support/ip-camera.ts";

const never = new AbortController().signal;
const SECRET = { user: USER, password: PASSWORD };

function open(url: string, change: { readonly secret?: typeof SECRET | undefined; readonly withinMs?: number } = {}) {
  const { secret, withinMs } = { secret: SECRET, withinMs: 10_000, ...change };
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const newId = () => randomBytes(8).toString("hex");
  const camera = createUrlCamera({ url, secret, clock, newId, withinMs });
  return {
    camera,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

function sets(wants: Parameters<typeof startIpCamera>[0]) {
  return async () => {
    const ip = await startIpCamera(wants);
    return { ...open(ip.url), stage: async (jpeg: Uint8Array) => ip.stage(jpeg) };
  };
}

const answered = async (answering: Answering, withinMs?: number) =>
  open((await startIpCamera("nothing", answering)).url, withinMs === undefined ? {} : { withinMs }).camera;

const proofs = (ip: IpCamera) => ip.requests.filter(({ authorization }) => authorization !== "");

describe("createUrlCamera", () => {
  describe("without a password", () => behavesLikeACamera(sets("nothing")));
  describe("with digest authentication", () => behavesLikeACamera(sets("SHA-256")));

  it.each(["basic", "MD5", "SHA-256"] as const)("logs in by %s, and only when it is asked to", async (wants) => {
    const ip = await startIpCamera(wants);
    ip.stage(await drawColour("red"));

    await open(ip.url).camera.capture(never);

    expect(ip.requests.map(({ authorization }) => authorization.split(" ")[0])).toEqual([
      "",
      wants === "basic" ? "Basic" : "Digest",
    ]);
  });

  it("takes the strongest way that is offered: the password never goes in the clear where it need not", async () => {
    const ip = await startIpCamera("all");
    ip.stage(await drawColour("red"));

    await open(ip.url).camera.capture(never);

    expect(proofs(ip).map(({ authorization }) => /algorithm=[\w-]+/.exec(authorization)?.[0])).toEqual([
      "algorithm=SHA-256",
    ]);
  });

  it("uses a nonce again with a higher count, and takes a new one when the old is stale or forgotten", async () => {
    const ip = await startIpCamera("MD5");
    const { camera } = open(ip.url);
    for (let i = 0; i < 4; i += 1) ip.stage(await drawColour("red"));

    await camera.capture(never);
    await camera.capture(never);
    ip.forgetNonces();
    await camera.capture(never);
    await camera.capture(never);

    const counts = proofs(ip).map(({ authorization }) => /nc=(\w+)/.exec(authorization)?.[1]);
    expect(counts).toEqual(["00000001", "00000002", "00000003", "00000001", "00000002"]);
  });

  it("does not send a wrong password again for half an hour: the camera would lock everybody out", async () => {
    const ip = await startIpCamera("MD5");
    const { camera, pass } = open(ip.url, { secret: { user: USER, password: "wrong" } });

    for (let i = 0; i < 5; i += 1) {
      await expect(camera.capture(never)).rejects.toMatchObject({ code: "camera-unavailable", reason: "refused" });
    }
    expect(proofs(ip)).toHaveLength(1);
    pass(31 * 60_000);
    await camera.check(never).catch(() => {});

    expect(proofs(ip)).toHaveLength(2);
  });

  it("says what is missing where a password is wanted and none is there", async () => {
    const ip = await startIpCamera("MD5");

    await expect(open(ip.url, { secret: undefined }).camera.capture(never)).rejects.toThrow("CAMERA_SECRET_FILE");
  });

  it("follows nobody elsewhere", async () => {
    let visits = 0;
    const elsewhere = createServer((_, response) => {
      visits += 1;
      response.end();
    });
    const port = await freePort();
    await new Promise<void>((resolve) => elsewhere.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void elsewhere.close());
    const camera = await answered((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${port}/new?password=1` }).end(),
    );

    const shot = camera.capture(never);

    await expect(shot).rejects.toMatchObject({ reason: "wrong-answer" });
    await expect(shot).rejects.toThrow(`to http://127.0.0.1:${port}/new, and nobody is followed`);
    expect(visits).toBe(0);
  });

  it.each<[string, string, Answering]>([
    ["wrong-answer", "a web page", (_, response) => response.setHeader("content-type", "text/html").end("<h1>hi")],
    [
      "wrong-answer",
      "a stream",
      (_, response) => response.setHeader("content-type", "multipart/x-mixed-replace;boundary=x").write("--x"),
    ],
    ["wrong-answer", "answers 404", (_, response) => response.writeHead(404).end()],
    ["refused", "does not let this user", (_, response) => response.writeHead(403).end()],
    [
      "too-large",
      "that is no photo",
      (_, response) => response.writeHead(200, { "content-length": 500_000_000 }).write("x"),
    ],
    [
      "unreachable",
      "the line was lost",
      (_, response) => response.writeHead(200, { "content-length": 1000 }).write("x", () => response.destroy()),
    ],
  ])("says in plain words: %s, %s", async (reason, words, answering) => {
    const shot = (await answered(answering)).capture(never);

    await expect(shot).rejects.toMatchObject({ code: "camera-unavailable", reason });
    await expect(shot).rejects.toThrow(words);
  });

  it("ends a photo without end, whatever length it said", async () => {
    const piece = Buffer.alloc(1024 * 1024);
    const camera = await answered((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on("drain", more);
      more();
    });

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "too-large" });
  });

  it.each<[string, Answering]>([
    ["never answers", () => {}],
    ["stops in the middle of a photo", (_, response) => response.writeHead(200, { "content-length": 1000 }).write("x")],
  ])("does not wait for one that %s", async (_, answering) => {
    const camera = await answered(answering, 300);

    await expect(camera.capture(never)).rejects.toMatchObject({ code: "camera-unavailable", reason: "hung" });
  });

  it("says that nobody answers, and takes the photo once somebody does", async () => {
    const { camera } = open(`http://127.0.0.1:${await freePort()}/snapshot.jpg`);

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "unreachable" });
    await expect(camera.check(never)).rejects.toThrow("nobody answers at this port");
  });

  it("asks over http:// nobody outside this network", async () => {
    await expect(open("http://93.184.215.14/snapshot.jpg").camera.capture(never)).rejects.toThrow(
      "only for cameras of this network",
    );
    expect(
      ["10.1.2.3", "172.31.0.1", "192.168.1.64", "169.254.1.1", "127.0.0.1", "::1", "fe80::1", "fd00::1"].every(
        isLanAddress,
      ),
    ).toBe(true);
    expect(["8.8.8.8", "172.32.0.1", "192.169.0.1", "2001:db8::1", "::ffff:8.8.8.8", "camera"].some(isLanAddress)).toBe(
      false,
    );
    expect(isLanAddress("::ffff:192.168.1.64")).toBe(true);
  });

  it("tells neither password nor query in anything that it says", async () => {
    const wrong = { user: USER, password: "wrong-secret" };
    const cameras = [
      open((await startIpCamera("MD5")).url, { secret: wrong }).camera,
      open((await startIpCamera("basic")).url, { secret: wrong }).camera,
      open((await startIpCamera("nothing")).url).camera,
      await answered((_, response) => response.end("no photo")),
      await answered(() => {}, 200),
      open(`http://127.0.0.1:${await freePort()}/x?token=in-the-query`).camera,
    ];

    const errors = await Promise.all(cameras.map((camera) => camera.capture(never).catch((error: unknown) => error)));
    const said = errors.map((error) => messageOf(error)).join("\n");

    expect(errors.every((error) => error instanceof Error)).toBe(true);
    expect(said).not.toMatch(/in-the-query|wrong-secret|quoted/);
  });
});

describe("readCameraSecret", () => {
  it("reads user and password, which may hold colons, of one line", async () => {
    const file = join(await tempFolder(), "secret");
    await writeFile(file, "admin:a:b c\n");

    expect(await readCameraSecret(file)).toEqual({ user: "admin", password: "a:b c" });
  });

  it("says what the file must hold, and not what it holds", async () => {
    const file = join(await tempFolder(), "secret");
    await writeFile(file, "only-a-password");

    await expect(readCameraSecret(file)).rejects.toThrow(/must hold one line, user:password$/);
  });
});
