import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf, clientIdOf } from "#contract/names.ts";
import { filters, isDurableTopic, parseShared, parseTopic, Stream, topics } from "#contract/topics.ts";

const name = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
const address = fc.record({ tenant: name, device: name });

describe("topics", () => {
  it("are parsed back to what they were spelled from", () => {
    fc.assert(
      fc.property(address, fc.constantFrom(...Stream.options), (who, stream) => {
        expect(parseTopic(topics.data(who, stream))).toEqual({ kind: "data", address: who, stream });
        expect(parseTopic(topics.state(who))).toEqual({ kind: "state", address: who });
        expect(parseTopic(topics.stored(who))).toEqual({ kind: "stored", address: who });
        expect(parseTopic(topics.desired(who))).toEqual({ kind: "desired", address: who });
        expect(isDurableTopic(topics.data(who, stream))).toBe(true);
        expect(isDurableTopic(topics.state(who))).toBe(false);
      }),
    );
  });

  it("never throw on any text, and mean nothing when a level is too many or a name is none", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("dv1", "a", "d", "/", "live", "+", "#", "", "Ы", "\ud800", "reading")),
        (parts) => {
          parseTopic(parts.join("/"));
        },
      ),
    );
    for (const topic of [
      "dv1/a/b/d/reading/x",
      "dv1/A/b/d/reading",
      "dv2/a/b/d/reading",
      "dv1/a/b/d/other",
      "dv1//b/d/reading",
    ]) {
      expect(parseTopic(topic)).toBeUndefined();
    }
  });

  it("know a shared subscription from an ordinary one", () => {
    expect(parseShared(filters.shared("air", filters.data("reading")))).toEqual({
      group: "air",
      filter: "dv1/+/+/d/reading",
    });
    expect(parseShared("dv1/+/+/state")).toBeUndefined();
    expect(parseShared("$share//x")).toBeUndefined();
  });
});

describe("client ids", () => {
  it("spell an address and nothing else does", () => {
    fc.assert(
      fc.property(address, (who) => {
        expect(addressOf(clientIdOf(who))).toEqual(who);
      }),
    );
    for (const id of ["", "a", "a:b:c", "A:b", ":b", "a:"]) expect(addressOf(id)).toBeUndefined();
  });
});
