import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { logRangesOf } from "../../../../cloud/store/state/log-book.ts";
import { openStateView } from "../../../../cloud/store/state/sqlite-state-view.ts";
import { openStateStore } from "../../../../cloud/store/state/state-store.ts";
import { NOON, POST } from "../../../support/builders.ts";
import { tempFolder } from "../../../support/temp-folder.ts";

const place = (seq: number) => ({ ...POST, log: "a", seq });
const ranges = (state: ReturnType<typeof openStateStore>) => state.read((sql) => logRangesOf(sql, place(0)));

describe("the log book", () => {
  it("says of each number once that it is new", async () => {
    const state = openStateStore(join(await tempFolder(), "state.db"));

    const first = state.transaction(NOON, ({ logs }) => [1, 2, 2, 5].map((seq) => logs.receive(place(seq))));
    const second = state.transaction(NOON, ({ logs }) => [2, 3].map((seq) => logs.receive(place(seq))));

    expect([first, second]).toEqual([
      [true, true, false, true],
      [false, true],
    ]);
    expect(ranges(state).received).toEqual([
      [1, 3],
      [5, 5],
    ]);
  });

  it("keeps what two writers note of one log", async () => {
    const file = join(await tempFolder(), "state.db");
    const [air, sites] = [openStateStore(file), openStateStore(file)];

    for (let seq = 1; seq <= 20; seq += 1) {
      (seq % 2 === 0 ? air : sites).transaction(NOON, ({ logs }) => logs.receive(place(seq)));
    }

    expect(ranges(air).received).toEqual([[1, 20]]);
  });

  it("keeps nothing of a transaction that throws", async () => {
    const state = openStateStore(join(await tempFolder(), "state.db"));

    expect(() =>
      state.transaction(NOON, ({ logs }) => {
        logs.receive(place(1));
        throw new Error("killed");
      }),
    ).toThrow("killed");

    expect(ranges(state).received).toEqual([]);
  });

  it("counts a dropped number as covered and lost, but not one that came nevertheless", async () => {
    const file = join(await tempFolder(), "state.db");
    const state = openStateStore(file);

    state.transaction(NOON, ({ logs }) => [1, 3].map((seq) => logs.receive(place(seq))));
    state.transaction(NOON, ({ logs }) => logs.cover(place(0), [[2, 4]]));

    expect(ranges(state)).toEqual({
      received: [[1, 4]],
      lost: [
        [2, 2],
        [4, 4],
      ],
    });
    expect(openStateView(file).counts()).toMatchObject({ messages: 2 });
  });

  it("takes a message that a gap named before it came for a new one, and it is lost no more", async () => {
    const state = openStateStore(join(await tempFolder(), "state.db"));
    state.transaction(NOON, ({ logs }) => {
      logs.receive(place(4));
      logs.cover(place(0), [[4, 6]]);
    });

    const isNew = state.transaction(NOON, ({ logs }) => [4, 5, 5].map((seq) => logs.receive(place(seq))));

    expect(isNew).toEqual([false, true, false]);
    expect(ranges(state)).toEqual({ received: [[4, 6]], lost: [[6, 6]] });
    state.transaction(NOON, ({ logs }) => logs.cover(place(0), [[5, 6]]));
    expect(ranges(state)).toEqual({ received: [[4, 6]], lost: [[6, 6]] });
    expect(state.transaction(NOON, ({ logs }) => logs.receive(place(5)))).toBe(false);
  });

  it("does not take a message that could not be used for a new one when it comes again, whatever a gap says", async () => {
    const state = openStateStore(join(await tempFolder(), "state.db"));
    state.transaction(NOON, ({ logs }) => {
      logs.receive(place(1));
      logs.lose(place(1));
    });
    state.transaction(NOON, ({ logs }) => logs.cover(place(0), [[1, 1]]));

    expect(state.transaction(NOON, ({ logs }) => logs.receive(place(1)))).toBe(false);
    expect(ranges(state)).toEqual({ received: [[1, 1]], lost: [[1, 1]] });
  });

  it("takes a number back from the lost", async () => {
    const state = openStateStore(join(await tempFolder(), "state.db"));
    state.transaction(NOON, ({ logs }) => {
      logs.receive(place(1));
      logs.lose(place(1));
    });

    state.transaction(NOON, ({ logs }) => logs.find(place(1)));

    expect(ranges(state)).toEqual({ received: [[1, 1]], lost: [] });
  });
});
