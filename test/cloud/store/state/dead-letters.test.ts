import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import {
  DEAD_BYTES_PER_DEVICE,
  keepDeadLetter,
  lettersOf,
  removeDeadLetter,
} from "../../../../cloud/store/state/dead-letters.ts";
import { openStateView } from "../../../../cloud/store/state/sqlite-state-view.ts";
import { openStateStore } from "../../../../cloud/store/state/state-store.ts";
import { topics } from "../../../../common/contract/topics.ts";
import { NOON, POST, TRUCK } from "../../../support/builders.ts";
import { tempFolder } from "../../../support/temp-folder.ts";

const HALF = DEAD_BYTES_PER_DEVICE / 2;
const letter = (n: number, device = TRUCK) => ({
  topic: topics.data(device, "visit"),
  payload: Buffer.alloc(HALF, n),
});

it("keeps the bytes of a device's dead letters only as long as there is room, and counts each letter once", async () => {
  const file = join(await tempFolder(), "state.db");
  const [state, view] = [openStateStore(file), openStateView(file)];
  onTestFinished(async () => {
    await view.close();
    state.close();
  });
  const keep = (...letters: ReturnType<typeof letter>[]) =>
    state.transaction(NOON, ({ sql }) => {
      for (const one of letters) keepDeadLetter(sql, one, { reason: "unknown-site", detail: "why" }, NOON);
    });
  const replayable = () => state.read((sql) => lettersOf(sql, "unknown-site", 0, 10)).map(({ payload }) => payload[0]);

  keep(letter(1), letter(2), letter(3), letter(3), letter(4, POST));

  expect(replayable()).toEqual([1, 2, 4]);
  const third = view.deadLetters(10).find(({ times }) => times === 2);
  expect(third).toMatchObject({ bytes: HALF, detail: "why" });
  expect(view.counts()).toMatchObject({ "dead-letters unknown-site": 4 });

  state.transaction(NOON, ({ sql }) => removeDeadLetter(sql, letter(1)));
  keep(letter(5));
  expect(replayable()).toEqual([2, 4, 5]);
});
