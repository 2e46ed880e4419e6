import { describe, expect, it } from "vitest";
import type { PhotoView, VisitView } from "../../../cloud/http/schemas.ts";
import { createPerson } from "../../../cloud/web/desk/person.ts";
import { offsetOf } from "../../../cloud/web/map/map-store.ts";
import { troubleCodeOf } from "../../../cloud/web/page/api.ts";
import { createFormat } from "../../../cloud/web/page/format.ts";
import { doubtsOf } from "../../../cloud/web/page/photo-doubts.tsx";
import { stateOrder, statePaint, stateRank } from "../../../cloud/web/page/site-state.ts";
import { isWaitingForPhotos, pairOf, sureness } from "../../../cloud/web/page/visit-view.ts";
import { words } from "../../../cloud/web/page/words.ts";

describe("an answer that is no success", () => {
  it.each([
    [503, "store-unavailable", "store-unavailable"],
    [503, "store-misconfigured", "store-unavailable"],
    [401, "wrong-token", "unauthorized"],
    [404, "not-found", "not-found"],
    [429, "too-many-tries", "too-many"],
    [429, "too-many-requests", "busy"],
    [503, "too-busy", "busy"],
    [403, "foreign-origin", "server"],
    [500, "", "server"],
  ])("%i %s is told as %s", (status, serverCode, trouble) => {
    expect(troubleCodeOf(status, serverCode)).toBe(trouble);
  });
});

const aPhoto = (change: Partial<PhotoView> = {}): PhotoView => ({
  role: "after",
  sha: "a",
  url: "/a.jpg",
  takenAt: 1,
  state: "overflow",
  reason: null,
  probabilities: { clean: 0.1, overflow: 0.8, scattered: 0.1, not_a_site: 0 },
  usable: null,
  heat: null,
  seen: null,
  screen: null,
  model: "m",
  ...change,
});
const aVisit = (photos: PhotoView[]): VisitView => ({
  visit: "v",
  device: "truck",
  startedAt: 1,
  endedAt: 2,
  timeErrorMs: null,
  signature: "valid",
  photos,
  pair: null,
});

describe("a visit's photos", () => {
  it("are the last of each role: a retake counts", () => {
    const visit = aVisit([aPhoto({ sha: "first" }), aPhoto({ sha: "retake" })]);

    expect(pairOf(visit)).toMatchObject({ before: null, after: { sha: "retake" } });
  });

  it("bear a doubt in both languages where one may have been taken of a screen, never a proof, and none below the device's point", () => {
    const said = (screen: number | null) =>
      (["ru", "en"] as const).flatMap((language) => {
        const speech = { words: words[language], format: createFormat(language) };
        return doubtsOf(aPhoto({ screen }), speech);
      });

    expect(said(0.62)).toEqual([
      expect.stringMatching(/Возможно, снят экран.*не доказательство/),
      expect.stringMatching(/May have been taken of a screen.*No proof/),
    ]);
    expect([said(0.4), said(null)]).toEqual([[], []]);
  });

  it("say how sure the model was of the verdict, where it was asked", () => {
    expect(sureness(aPhoto())).toBe(0.8);
    expect(sureness(aPhoto({ state: "unsure" }))).toBeNull();
    expect(sureness(aPhoto({ state: "unusable", probabilities: null }))).toBeNull();
  });

  it("are waited for while one has no address", () => {
    expect(isWaitingForPhotos(aVisit([aPhoto(), aPhoto({ url: null })]))).toBe(true);
    expect(isWaitingForPhotos(aVisit([aPhoto()]))).toBe(false);
  });
});

describe("the states of a site", () => {
  it("each have a rank and a colour of their own", () => {
    expect(new Set(stateOrder).size).toBe(Object.keys(statePaint).length);
    expect(new Set(Object.values(statePaint).map(({ colour }) => colour)).size).toBe(stateOrder.length);
    expect(stateRank("overflow")).toBeLessThan(stateRank("clean"));
  });
});

describe("the page's clock", () => {
  it("follows the server's, apart from the coarseness of its header", () => {
    expect(offsetOf(1_000_000, 999_500)).toBe(0);
    expect(offsetOf(1_000_000, 400_000)).toBe(600_000);
  });
});

describe("the person at the desk", () => {
  it("is asked once and remembered", async () => {
    const kept = new Map<string, string>();
    const memory = {
      read: (key: string) => kept.get(key) ?? null,
      write: (key: string, value: string) => void kept.set(key, value),
    };
    const person = createPerson(memory);
    const asked = person.askOnce();
    person.question.value?.answer("Anna");

    expect(await asked).toBe("Anna");
    expect(await person.askOnce()).toBe("Anna");
    expect(await createPerson(memory).askOnce()).toBe("Anna");
  });

  it("may refuse, and a new question ends the old one", async () => {
    const person = createPerson({ read: () => null, write: () => {} });
    const first = person.askOnce();
    const second = person.askOnce();
    person.question.value?.answer(null);

    expect(await Promise.all([first, second])).toEqual([null, null]);
    expect(person.question.value).toBeNull();
  });
});
