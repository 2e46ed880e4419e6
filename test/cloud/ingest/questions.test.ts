import { describe, expect, it } from "vitest";
import { createQuestions } from "../../../cloud/ingest/questions.ts";

const UNAVAILABLE = { code: "ingest-unavailable", retry: true };

describe("questions to a thread", () => {
  it("are settled by their numbers, each once", async () => {
    const questions = createQuestions(60_000);
    const ids: number[] = [];
    const send = (id: number) => ids.push(id) > 0;
    const [first, second] = [questions.ask(send), questions.ask(send)];

    questions.settle(ids[1] ?? 0, "unknown", null);
    questions.settle(ids[0] ?? 0, "known", null);
    questions.settle(ids[0] ?? 0, "", "too late");
    questions.settle(99, "known", null);

    expect(await Promise.all([first, second])).toEqual(["known", "unknown"]);
  });

  it("fail clearly when the thread is silent, absent, gone or says so", async () => {
    await expect(createQuestions(20).ask(() => true)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: "no answer within 0.02 s",
    });
    await expect(createQuestions(60_000).ask(() => false)).rejects.toMatchObject(UNAVAILABLE);

    const questions = createQuestions(60_000);
    const gone = questions.ask(() => true);
    questions.abandon("the thread has ended");
    await expect(gone).rejects.toMatchObject({ ...UNAVAILABLE, message: "the thread has ended" });

    const failed = questions.ask((id) => {
      questions.settle(id, "", "the disk is full");
      return true;
    });
    await expect(failed).rejects.toMatchObject({ ...UNAVAILABLE, message: "the disk is full" });
  });
});
