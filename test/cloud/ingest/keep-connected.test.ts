import { describe, expect, it, onTestFinished } from "vitest";
import type { Closer } from "#kit/closer.ts";
import { createLogger } from "#kit/logger.ts";
import { keepConnected } from "../../../cloud/ingest/keep-connected.ts";
import { until } from "../../support/until.ts";

function connectWith(connect: (attempt: number, onLost: (error: unknown) => void) => Promise<Closer>) {
  const seen: string[] = [];
  let attempts = 0;
  const link = keepConnected({
    connect: (onLost) => {
      attempts += 1;
      return connect(attempts, onLost);
    },
    onUp: () => seen.push("up"),
    onDown: (reason) => seen.push(`down: ${reason}`),
    monotonicMs: () => performance.now(),
    random: () => 0,
    log: createLogger("test", "silent"),
  });
  onTestFinished(() => link.close());
  return { link, seen };
}

const connection = { close: async () => {} };

describe("keepConnected", () => {
  it("connects again after a refusal and after a loss", async () => {
    const { seen } = connectWith(async (attempt, onLost) => {
      if (attempt === 1) throw new Error("refused");
      if (attempt === 2) setTimeout(() => onLost(new Error("lost")), 10);
      return connection;
    });

    await until("it is up for the second time", () => seen.length === 4);

    expect(seen).toEqual(["down: refused", "up", "down: lost", "up"]);
  });

  it("closes the connection when it is closed, and says nothing of a loss", async () => {
    let isClosed = false;
    const { link, seen } = connectWith(async () => ({
      close: async () => {
        isClosed = true;
      },
    }));
    await until("it is up", () => seen.length === 1);

    await link.close();

    expect(isClosed).toBe(true);
    expect(seen).toEqual(["up"]);
  });

  it("does not wait for a connection that is still being made when it closes", async () => {
    const pending = Promise.withResolvers<Closer>();
    let isClosed = false;
    const { link } = connectWith(() => pending.promise);

    await link.close();
    pending.resolve({
      close: async () => {
        isClosed = true;
      },
    });

    await until("the late connection is closed", () => isClosed);
  });
});
