import { existsSync } from "node:fs";
import { stdout } from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import { randomFrom } from "../../../models/random.ts";
import { type Killable, mosquitto, ourGateway } from "../../chaos/brokers.ts";
import { type Ledger, openLedger } from "../../chaos/ledger.ts";
import { startConsumer, startPublisher } from "../../chaos/load.ts";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { letVillageIn, villageSettings } from "./support.ts";

const IS_LONG = process.env.DVORNIK_LONG === "1";
const BLOWS = IS_LONG ? 20 : 5;
const PUBLISHERS = 4;
/** More than the way up takes, so that it is always in the middle of something. */
const PACE = { perSecond: 400, window: 64, payloadBytes: 200 };
const TIMEOUT_MS = IS_LONG ? 600_000 : 180_000;

/** A child under load, its parent with a consumer, and the wire between the two. */
interface Chain {
  readonly child: Killable;
  readonly parent: Killable;
  readonly wire: TcpProxy;
  readonly ledger: Ledger;
  /** Nothing new is published; waits until everything is acknowledged, and until all of that, or what there is, has arrived. */
  rest(isAllThere: () => boolean): Promise<void>;
}

async function startChain(parent: Killable, token: string): Promise<Chain> {
  const wire = await startTcpProxy(parent.port);
  const child = await ourGateway(await tempFolder(), PUBLISHERS, { env: villageSettings(wire.port, token, "demo") });
  const ledger = openLedger(PUBLISHERS);
  const started: Closer[] = [wire, { close: parent.kill }, { close: child.kill }];
  onTestFinished(async () => {
    for (const closer of started.reverse()) await closer.close();
  });
  await parent.start();
  await child.start();
  started.push(startConsumer(parent, ledger));
  const publishers = Array.from({ length: PUBLISHERS }, (_, i) => startPublisher(child, i, ledger, PACE));
  started.push(...publishers);
  await until("the first has arrived", () => ledger.delivered > 0, 60_000);
  return {
    child,
    parent,
    wire,
    ledger,
    rest: async (isAllThere) => {
      for (const publisher of publishers) publisher.finish();
      await until("all is acknowledged", () => publishers.every(({ unacknowledged }) => unacknowledged === 0), 60_000);
      await until("all has arrived", isAllThere, 90_000);
    },
  };
}

type Blow = (chain: Chain) => Promise<void>;

const killChild: Blow = async ({ child }) => {
  await child.kill();
  await child.start();
};
const killParent: Blow = async ({ parent }) => {
  await parent.kill();
  await parent.start();
};
const cutLink: Blow = async ({ wire }) => wire.cut(false);
const loseLink: Blow = async ({ wire }) => {
  wire.cut(true);
  await wait(1_500);
  wire.mend();
};
/** The link takes bytes and delivers none, until it breaks: what was under way is in doubt. */
const stallLink: Blow = async ({ wire }) => {
  wire.hold("toClient");
  await wait(800);
  wire.cut(false);
  wire.release();
};

async function strike(chain: Chain, blows: readonly Blow[], seed: number): Promise<void> {
  const random = randomFrom(seed);
  for (let i = 0; i < BLOWS; i += 1) {
    await wait(300 + random() * 1_200);
    // Each once, then at random.
    await (blows[i] ?? blows[Math.floor(random() * blows.length)])?.(chain);
  }
}

const show = (name: string, { published, acknowledged, delivered, lost, duplicated }: Ledger) =>
  stdout.write(`${name}: ${JSON.stringify({ published, acknowledged, delivered, lost, duplicated })}\n`);

describe("a gateway under load with a parent", () => {
  it(
    `loses nothing that it acknowledged over ${BLOWS} kills of either gateway and cuts of the link`,
    async () => {
      const folder = await tempFolder();
      const parent = await ourGateway(folder, 0);
      const chain = await startChain(parent, await letVillageIn(folder, ["demo"]));

      await strike(chain, [killChild, killParent, cutLink, loseLink, stallLink], 20_261_122);
      await chain.rest(() => chain.ledger.lost === 0);

      show("our gateway as the parent", chain.ledger);
      expect(chain.ledger.lost).toBe(0);
      expect(chain.ledger.acknowledged).toBe(chain.ledger.published);
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(!existsSync("/usr/sbin/mosquitto"))(
  "a gateway under load with Mosquitto as its parent (skipped without it)",
  () => {
    it(
      `loses nothing over ${BLOWS} kills of the child, cuts of the link and clean stops of Mosquitto`,
      async () => {
        const parent = await mosquitto(await tempFolder(), 0);
        if (parent === undefined) return;
        const chain = await startChain(parent, "none");
        const stopParent: Blow = async () => {
          await parent.stop();
          await parent.start();
        };

        await strike(chain, [killChild, cutLink, stopParent, loseLink, stallLink], 20_261_123);
        await chain.rest(() => chain.ledger.lost === 0);

        show("Mosquitto as the parent, stopped", chain.ledger);
        expect(chain.ledger.lost).toBe(0);
        expect(chain.ledger.acknowledged).toBe(chain.ledger.published);
      },
      TIMEOUT_MS,
    );

    it.runIf(IS_LONG)(
      "prints what Mosquitto loses of what it had acknowledged when it is killed (long form)",
      async () => {
        const parent = await mosquitto(await tempFolder(), 0);
        if (parent === undefined) return;
        const chain = await startChain(parent, "none");

        await strike(chain, [killParent], 20_261_124);
        await wait(10_000);
        await chain.rest(() => true);

        show("Mosquitto as the parent, killed", chain.ledger);
        expect(chain.ledger.acknowledged).toBe(chain.ledger.published);
      },
      TIMEOUT_MS,
    );
  },
);
