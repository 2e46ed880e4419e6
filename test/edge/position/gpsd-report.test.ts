import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readGpsdLine } from "../../../edge/position/gpsd-report.ts";
import { createLineSplitter } from "../../../edge/position/line-splitter.ts";

describe("readGpsdLine", () => {
  it("throws at no line at all", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(["bad", "other", "fix", "no-fix"]).toContain(readGpsdLine(line).kind);
      }),
    );
  });

  it("has no height in two dimensions, and takes the older name of it", () => {
    const flat = readGpsdLine('{"class":"TPV","mode":2,"lat":1,"lon":2,"alt":3}');
    const old = readGpsdLine('{"class":"TPV","mode":3,"lat":1,"lon":2,"alt":3}');

    expect(flat).toEqual({ kind: "fix", fix: { lat: 1, lon: 2, altM: null, errorM: null }, atMs: null });
    expect(old).toMatchObject({ fix: { altM: 3 } });
  });

  it.each([
    ['{"class":"TPV","mode":3,"lat":91,"lon":2}', "bad"],
    ['{"class":"TPV","mode":3,"time":"yesterday","lat":1,"lon":2}', "bad"],
    ['{"class":"TPV","mode":3}', "no-fix"],
    ['{"class":"TPV","mode":0,"lat":1,"lon":2}', "no-fix"],
    ['{"class":"SKY","satellites":[]}', "other"],
  ])("calls %s %s", (line, kind) => {
    expect(readGpsdLine(line).kind).toBe(kind);
  });
});

describe("createLineSplitter", () => {
  it("finds every line, wherever the stream is cut", () => {
    const line = fc.stringMatching(/^[a-z]{1,20}$/);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(200)), (lines, cuts) => {
        const splitter = createLineSplitter(40);
        const bytes = Buffer.from(lines.map((text) => `${text}\r\n`).join(""));
        const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
        let from = 0;
        const found = ends.flatMap((end) => {
          const piece = bytes.subarray(from, end);
          from = end;
          return splitter.push(piece);
        });
        expect(found).toEqual(lines);
      }),
    );
  });
});
