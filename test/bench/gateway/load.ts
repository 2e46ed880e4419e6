import { type Consumer, connectConsumer } from "#mqtt/consumer-client.ts";
import { percentile } from "../percentile.ts";
import type { LoadJob, LoadResult } from "./load-job.ts";
import { cpuSecondsOf, residentMiBOf, threadCpuSecondsOf } from "./process-usage.ts";
import { Publisher, stampOf } from "./publisher.ts";

/** After the last publish: how long acknowledgements and deliveries may still take before the run is given up. */
const DRAIN_WITHIN_MS = 30_000;
const KEEPALIVE_S = 60;

/** What one phase has seen so far. */
interface Tally {
  sent: number;
  delivered: number;
  repeated: number;
  lastAtMs: number;
  readonly ackMs: number[];
}

/** Loads one broker as the job says: once to warm up, once measured. Rejects when the broker loses a client or a message. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const load = new Load(job);
  try {
    await load.connect();
    await load.run(job.warmUpSeconds);
    return await load.measure();
  } finally {
    await load.close();
  }
}

class Load {
  readonly #job: LoadJob;
  readonly #publishers: readonly Publisher[];
  readonly #lost = Promise.withResolvers<never>();
  #consumer: Consumer | undefined;
  #tally = emptyTally();
  /** Number of the last delivery from each publisher. */
  readonly #deliveredOf: Uint32Array;
  #isSending = false;
  #onDrained = () => {};

  constructor(job: LoadJob) {
    this.#job = job;
    this.#lost.promise.catch(() => {
      // Whoever waits races against it; a loss while nobody waits is seen by the next one.
    });
    this.#deliveredOf = new Uint32Array(job.publishers.length);
    this.#publishers = job.publishers.map(
      (login, at) =>
        new Publisher({
          ...login,
          port: job.port,
          window: job.window,
          payloadBytes: job.payloadBytes,
          at,
          onAcknowledged: (tookMs, atMs) => {
            this.#tally.ackMs.push(tookMs);
            if (this.#isSending) this.#tally.sent += 1;
            else this.#note(atMs);
          },
          onLost: this.#lost.reject,
        }),
    );
  }

  async connect(): Promise<void> {
    const { port, consumer } = this.#job;
    const connecting = connectConsumer({
      url: `mqtt://127.0.0.1:${port}`,
      clientId: consumer.clientId,
      username: consumer.clientId,
      password: consumer.token,
      filters: [consumer.filter],
      keepaliveS: KEEPALIVE_S,
      onMessage: ({ payload, acknowledge }) => {
        acknowledge();
        this.#countDelivery(payload);
      },
      onClose: this.#lost.reject,
    });
    this.#consumer = await Promise.race([connecting, this.#lost.promise]);
    await Promise.all(this.#publishers.map((publisher) => publisher.connected()));
  }

  /** Publishes for so long, then waits until all is acknowledged and delivered; gives the seconds until the later of the two. */
  async run(seconds: number): Promise<number> {
    this.#tally = emptyTally();
    const startMs = performance.now();
    this.#isSending = true;
    for (const publisher of this.#publishers) this.#tally.sent += publisher.start();
    await this.#within(seconds * 1000);
    this.#isSending = false;
    for (const publisher of this.#publishers) publisher.stop();
    const isDrained = new Promise<true>((resolve) => {
      this.#onDrained = () => resolve(true);
    });
    this.#note(performance.now());
    if ((await this.#within(DRAIN_WITHIN_MS, isDrained)) !== true) {
      const { sent, delivered, ackMs } = this.#tally;
      throw new Error(`of ${sent} publishes, ${ackMs.length} were acknowledged and ${delivered} delivered`);
    }
    return (this.#tally.lastAtMs - startMs) / 1000;
  }

  /** The phase that counts. */
  async measure(): Promise<LoadResult> {
    const { brokerPid, seconds } = this.#job;
    const brokerBefore = cpuSecondsOf(brokerPid);
    const threadsBefore = threadCpuSecondsOf(brokerPid);
    const loadBefore = process.cpuUsage();
    const tookSeconds = await this.run(seconds);
    const { user, system } = process.cpuUsage(loadBefore);
    const brokerCpuSeconds = cpuSecondsOf(brokerPid) - brokerBefore;
    const threads = [...threadCpuSecondsOf(brokerPid)].map(([id, spent]) => spent - (threadsBefore.get(id) ?? 0));
    const { ackMs, delivered, repeated } = this.#tally;
    return {
      acknowledged: ackMs.length,
      delivered,
      repeated,
      tookSeconds,
      perSecond: ackMs.length / tookSeconds,
      ackP50Ms: percentile(ackMs, 50),
      ackP99Ms: percentile(ackMs, 99),
      brokerCpuSeconds,
      brokerBusiestThreadSeconds: Math.max(...threads),
      brokerResidentMiB: residentMiBOf(brokerPid),
      loadCpuSeconds: (user + system) / 1e6,
    };
  }

  async close(): Promise<void> {
    await this.#consumer?.close();
    await Promise.all(this.#publishers.map((publisher) => publisher.close()));
  }

  /** Each publisher's messages must come in order and without a hole; what came before is a repetition. */
  #countDelivery(payload: Buffer): void {
    const { sender, number } = stampOf(payload);
    const last = this.#deliveredOf[sender] ?? 0;
    if (number === last + 1) this.#tally.delivered += 1;
    else if (number <= last) this.#tally.repeated += 1;
    else this.#lost.reject(new Error(`after message ${last} of publisher ${sender} came its message ${number}`));
    this.#deliveredOf[sender] = Math.max(last, number);
    if (!this.#isSending) this.#note(performance.now());
  }

  /** Once nothing more is sent: is everything that was sent back on both ways? */
  #note(atMs: number): void {
    const { sent, ackMs, delivered } = this.#tally;
    this.#tally.lastAtMs = atMs;
    if (ackMs.length >= sent && delivered >= sent) this.#onDrained();
  }

  /** Waits for so long or for what is given, whichever is first; fails at once when a client is lost. */
  async #within<T>(ms: number, or?: Promise<T>): Promise<T | undefined> {
    const over = Promise.withResolvers<undefined>();
    const timer = setTimeout(over.resolve, ms, undefined);
    try {
      return await Promise.race([over.promise, this.#lost.promise, ...(or === undefined ? [] : [or])]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const emptyTally = (): Tally => ({ sent: 0, delivered: 0, repeated: 0, lastAtMs: 0, ackMs: [] });
