import { describe, expect, it } from "vitest";
import { heldAt, type ShownBulletin } from "../../../../cloud/web/map/bulletins/bulletins.ts";
import { outdated, ruleOf } from "../../../../cloud/web/offline/cache-rules.ts";

const rule = (url: string, method = "GET") => ruleOf(method, new URL(url, "https://city.example"));

describe("the worker that keeps the page for times without a network", () => {
  it("asks the network first for the page and the snapshots, so that nobody is kept on what is old", () => {
    expect(["/", "/api/v1/stations", "/api/v1/sites", "/manifest.webmanifest"].map((url) => rule(url))).toEqual(
      Array(4).fill("network-then-kept"),
    );
  });

  it("takes files whose name changes with their contents from what it keeps", () => {
    expect(rule("/assets/index-abc123.js")).toBe("kept-then-network");
  });

  it("lets everything else pass: the stream, the past, the desk, changes", () => {
    const passing = [
      "/api/v1/live",
      "/api/v1/stations/at?time=1",
      "/api/v1/stations/st-1",
      "/desk",
      "/service-worker.js",
    ];

    expect(passing.map((url) => rule(url))).toEqual(Array(passing.length).fill("pass"));
    expect(rule("/", "POST")).toBe("pass");
  });

  it("forgets files of versions before, and nothing else", () => {
    const kept = [
      "https://city.example/assets/index-old.js",
      "https://city.example/assets/index-new.js",
      "https://city.example/",
    ];

    expect(outdated(kept, ["https://city.example/assets/index-new.js"])).toEqual([
      "https://city.example/assets/index-old.js",
    ]);
  });
});

describe("the official bulletin", () => {
  const bulletin: ShownBulletin = {
    sender: "chelpogoda.ru",
    identifier: "nmu-1",
    degree: 1,
    headline: "НМУ первой степени",
    instruction: null,
    area: "Челябинск",
    onset: null,
    expires: "2026-11-23T19:00:00+05:00",
    web: null,
    language: "ru",
    state: "in-force",
  };
  const endMs = Date.parse("2026-11-23T14:00:00Z");

  it("is shown until its end, also when the server cannot be reached any more", () => {
    expect(heldAt([bulletin], endMs - 1)).toEqual([bulletin]);
    expect(heldAt([bulletin], endMs)).toEqual([]);
    expect(heldAt([{ ...bulletin, expires: null }], endMs)).toHaveLength(1);
  });

  it("is not shown once it was cancelled, replaced or has expired", () => {
    const over = (["expired", "replaced", "cancelled"] as const).map((state) => ({ ...bulletin, state }));

    expect(heldAt(over, endMs - 1)).toEqual([]);
  });
});
