import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bulletin, knownBulletins } from "../../../../cloud/air/bulletins/bulletin.ts";
import { keptBulletins, putBulletin } from "../../../../cloud/air/bulletins/bulletin-book.ts";
import { openStateFile } from "../../../../cloud/store/state/database.ts";
import { tempFolder } from "../../../support/temp-folder.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const aBulletin = (change: object = {}): Bulletin =>
  Bulletin.parse({
    sender: "office@example.org",
    identifier: "n-1",
    sent: "2026-11-22T09:00:00+05:00",
    msgType: "alert",
    headline: "НМУ 1 степени",
    area: "Челябинск",
    ...change,
  });
const nameOf = ({ sender, identifier, sent }: Bulletin) => ({ sender, identifier, sent });

describe("what has become of bulletins", () => {
  const first = aBulletin({ expires: "2026-11-23T00:00:00Z" });
  const update = aBulletin({
    identifier: "n-2",
    msgType: "update",
    sent: "2026-11-22T06:00:00Z",
    references: [nameOf(first)],
  });
  const cancel = aBulletin({
    identifier: "n-3",
    msgType: "cancel",
    sent: "2026-11-22T07:00:00Z",
    references: [nameOf(update)],
  });
  const states = (list: readonly Bulletin[], nowMs = NOW) =>
    Object.fromEntries(knownBulletins(list, nowMs).map(({ bulletin, state }) => [bulletin.identifier, state]));

  it("is the same in whatever order they came", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([first, update, cancel], { minLength: 3 }), (list) => {
        expect(states(list)).toEqual({ "n-1": "replaced", "n-2": "cancelled" });
      }),
    );
  });

  it("follows the clock", () => {
    const later = aBulletin({ onset: "2026-11-22T13:00:00Z" });

    expect(states([first])).toEqual({ "n-1": "in-force" });
    expect(states([first], Date.parse("2026-11-23T00:00:00Z"))).toEqual({ "n-1": "expired" });
    expect(states([later])).toEqual({ "n-1": "expected" });
  });

  it("knows a message by its moment, however that is written, and takes nobody's word on another one's", () => {
    const other = { ...nameOf(first), sent: "2026-11-22T04:00:00Z" };
    const stranger = aBulletin({
      sender: "joker@example.org",
      identifier: "x",
      msgType: "cancel",
      references: [other],
    });

    expect(states([first, aBulletin({ identifier: "n-9", msgType: "cancel", references: [other] })])).toEqual({
      "n-1": "cancelled",
    });
    expect(states([first, stranger])).toEqual({ "n-1": "in-force" });
  });
});

describe("kept bulletins", () => {
  it("survive a restart, count once, and are never changed under their name", async () => {
    const file = join(await tempFolder(), "state.db");
    const sql = openStateFile(file);
    expect(putBulletin(sql, aBulletin(), NOW)).toBe("kept");
    expect(putBulletin(sql, aBulletin(), NOW + 1)).toBe("known");
    expect(putBulletin(sql, aBulletin({ headline: "НМУ 3 степени" }), NOW + 2)).toBe("taken");
    sql.close();

    const again = openStateFile(file);

    expect(keptBulletins(again)).toEqual([aBulletin()]);
    again.close();
  });
});
