import type { Duplex } from "node:stream";
import type { RecordClass } from "#contract/topics.ts";
import { classOfStream, isDurableTopic, parseTopic } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import { wait } from "#kit/wait.ts";
import { checkFromClient } from "#mqtt/checks.ts";
import { parseConnect } from "#mqtt/connect.ts";
import { parseControl } from "#mqtt/control.ts";
import { type Frame, Framer, ProtocolError } from "#mqtt/framer.ts";
import { PACKET } from "#mqtt/packet-types.ts";
import { emptyPacket, messageIdOf, type Publish, parsePublish, pubackPackets } from "#mqtt/publish.ts";
import { TopicMemo } from "#mqtt/topic-memo.ts";
import type { Accounts, Identity } from "../access/accounts.ts";
import type { Allowances } from "../access/allowances.ts";
import type { Lockout } from "../access/lockout.ts";
import type { Rules } from "../access/rules.ts";
import type { Broker } from "../broker.ts";
import type { ConsumerGroup } from "../delivery/consumer-group.ts";
import type { DataSessions } from "../delivery/data-sessions.ts";
import { JournalSide } from "../delivery/journal-side.ts";
import { servedFromJournal } from "../delivery/subscriptions.ts";
import type { SessionReport } from "../inspect/report.ts";
import type { Metrics, RefusalReason } from "../metrics.ts";
import { recordOf } from "../own/photo-group.ts";
import { BrokerSide, type BrokerSideEnd } from "./broker-side.ts";
import { connectForBroker, refusingConnack, sessionPresent } from "./connect-packet.ts";
import { Deadlines } from "./deadlines.ts";
import { DurableIntake } from "./durable-intake.ts";
import type { Limits } from "./limits.ts";
import { judgeConnect } from "./login.ts";
import { Toll } from "./toll.ts";
import { endSoon, QUIET_MS, type Wire } from "./wire.ts";

/** What a connection is served with. */
export interface ConnectionParts {
  readonly journal: Journal;
  readonly accounts: Accounts;
  readonly rules: Rules;
  readonly broker: Broker;
  readonly groups: ReadonlyMap<string, ConsumerGroup>;
  readonly sessions: DataSessions;
  readonly metrics: Metrics;
  readonly limits: Limits;
  readonly allowances: Allowances;
  readonly lockout: Lockout;
}

/** Time for a client to take what was written to it before its connection is cut. */
const LINGER_MS = 5_000;
/** More than this waits for nobody: consumers get nothing new, and others are not read, until their socket drains. */
const UNSENT_BYTES = 1024 * 1024;
/**
 * A consumer that takes its time is still read, since it acknowledges meanwhile. Deliveries stop at `UNSENT_BYTES` and one
 * message of at most 16 MiB; beyond this lie only answers that it does not take.
 */
const UNSENT_TO_CONSUMER_BYTES = 32 * UNSENT_BYTES;
/** Time for consumers to acknowledge what they have before the gateway closes; the rest comes again, with DUP. */
const DRAIN_MS = 5_000;
const DRAIN_LOOK_MS = 20;
const DURABLE_TOPICS_KEPT = 64;

/**
 * One client's connection: frames its bytes, takes durable publishes into the journal, serves consumer groups, and hands
 * everything else to the broker. Only whole packets are written to the client, so that the three never mix.
 */
export class Connection {
  readonly #wire: Wire;
  readonly #socket: Duplex;
  readonly #parts: ConnectionParts;
  readonly #nowMs: () => number;
  readonly #onGone: () => void;
  readonly #fromClient: Framer;
  readonly #intake: DurableIntake;
  readonly #topics = new TopicMemo();
  readonly #durableTopics = new Map<string, RecordClass>();
  #phase: "new" | "connecting" | "accepted" | "closing" | "gone" = "new";
  #identity: Identity | undefined;
  #brokerSide: BrokerSide | undefined;
  #journalSide: JournalSide | undefined;
  /** It has published or subscribed through the broker, so it cannot become a consumer. */
  #usesBroker = false;
  /** What came before the broker accepted the connection. */
  #early: Frame[] = [];
  readonly #deadlines: Deadlines;
  /** Packets that have come whole. */
  #framed = 0;
  #pingsToAnswer = 0;
  #isFinishing = false;
  /** The broker's yes to a client that must still wait for its allowance. */
  #connack: Frame | undefined;
  #toll: Toll | undefined;

  constructor(wire: Wire, parts: ConnectionParts, nowMs: () => number, onGone: () => void) {
    this.#wire = wire;
    this.#socket = wire.stream;
    this.#parts = parts;
    this.#nowMs = nowMs;
    this.#onGone = onGone;
    this.#deadlines = new Deadlines(nowMs());
    this.#fromClient = new Framer(parts.limits.maxPacketBytes);
    this.#intake = new DurableIntake(parts.journal, {
      onStored: (messageIds) => this.#acknowledge(messageIds),
      onRefused: (error, count) => this.#refuseUnkept(error, count),
    });
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("drain", () => this.#resumeOutput());
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("close", () => this.#end());
  }

  /** Who this is, once it has signed in. */
  get report(): SessionReport | undefined {
    const { clientId: client, role } = this.#identity ?? {};
    if (client === undefined || role === undefined) return undefined;
    return { client, role, address: this.#wire.address, unsentBytes: this.#socket.writableLength };
  }

  /**
   * Closes a client that is overdue with what it owes (CONNECT, a whole packet, a sign of life, reading what is written
   * to it), or whose certificate or credentials were taken back.
   */
  check(): void {
    if (this.#phase === "closing" || this.#phase === "gone") return;
    const end = this.#identity && this.#parts.accounts.endOf(this.#identity);
    if (end !== undefined) {
      this.#refuse(end, "what it signed in with was changed, taken back or has run out");
      // Whoever has no right to be here any more is not waited for, even where it does not read what lies before the end.
      this.#socket.destroy();
      return;
    }
    const overdue = this.#deadlines.overdue(
      this.#nowMs(),
      !this.#socket.isPaused(),
      this.#parts.limits,
      this.#wire.partial?.sinceMs,
    );
    if (overdue !== undefined) this.#refuse(overdue.reason, overdue.detail);
  }

  /** Bytes that wait for the rest of their packet. */
  get heldBytes(): number {
    return this.#fromClient.heldBytes + (this.#wire.partial?.bytes ?? 0);
  }

  /** Closes it for the bytes that it makes us hold. */
  refuseHeld(): void {
    this.#refuse("held-bytes", `${this.heldBytes} bytes of a packet that is not whole`);
  }

  /** Takes nothing more, answers what was taken, lets a consumer acknowledge what it has, and closes. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#steer();
    await this.#intake.settled();
    const endMs = this.#nowMs() + DRAIN_MS;
    while (this.#phase === "accepted" && this.#mayAcknowledge && this.#nowMs() < endMs) await wait(DRAIN_LOOK_MS);
    this.#close();
  }

  /** It has deliveries that it has not acknowledged. */
  get #mayAcknowledge(): boolean {
    return this.#journalSide?.isIdle === false;
  }

  get #name(): string {
    return this.#identity?.clientId ?? this.#wire.address;
  }

  #receive(chunk: Buffer): void {
    if (this.#phase === "closing" || this.#phase === "gone") return;
    const framedBefore = this.#framed;
    this.#takeAll(() => this.#fromClient.push(chunk, (frame) => this.#take(frame)));
    this.#deadlines.heard(this.#nowMs(), this.#fromClient.heldBytes > 0, this.#framed > framedBefore);
  }

  /** What was taken before a refusal in the same bytes is still stored; only what follows is not taken. */
  #takeAll(take: () => void): void {
    try {
      take();
    } catch (error) {
      this.#refuseFor(error);
    }
    this.#intake.flush();
    this.#journalSide?.settle();
    this.#toll?.settle();
    this.#answerPings();
    this.#steer();
  }

  /** The answers to all that one read brought are one write: each write costs far more than its two bytes. */
  #answerPings(): void {
    if (this.#pingsToAnswer === 0) return;
    const answer = emptyPacket(PACKET.pingresp);
    this.#write(Buffer.alloc(this.#pingsToAnswer * answer.length, answer));
    this.#pingsToAnswer = 0;
  }

  /** Reads the client or lets it wait: for the broker's answer, for the journal, for the broker's room, for itself. */
  #steer(): void {
    if (this.#phase === "closing" || this.#phase === "gone") return;
    const mostUnsent = this.#journalSide?.isUsed === true ? UNSENT_TO_CONSUMER_BYTES : UNSENT_BYTES;
    const isUnread = this.#socket.writableLength > mostUnsent;
    this.#deadlines.unread(this.#nowMs(), isUnread);
    const mustWait =
      (this.#isFinishing && !this.#mayAcknowledge) ||
      isUnread ||
      this.#phase === "connecting" ||
      this.#toll?.isWaiting === true ||
      this.#brokerSide?.isFull === true ||
      this.#intake.unjournaledBytes > this.#parts.limits.unjournaledBytes;
    if (mustWait) this.#socket.pause();
    else this.#socket.resume();
  }

  #take(frame: Frame): void {
    this.#framed += 1;
    switch (this.#phase) {
      case "new":
        this.#takeConnect(frame);
        break;
      case "connecting":
        this.#early.push(frame);
        break;
      case "accepted":
        if (this.#identity !== undefined) this.#takeAccepted(this.#identity, frame);
        break;
      case "closing":
      case "gone":
        break;
      default:
        this.#phase satisfies never;
    }
  }

  #takeConnect(frame: Frame): void {
    if (frame.type !== PACKET.connect) throw new ProtocolError("malformed-packet", "the first packet is not a CONNECT");
    const judged = judgeConnect(parseConnect(frame, this.#parts.rules.levels), this.#wire, this.#parts, this.#nowMs());
    if (judged.kind === "refusal") {
      this.#write(refusingConnack(judged.code));
      this.#refuse(judged.reason, judged.detail);
      return;
    }
    const { identity, connect } = judged;
    const { will, keepaliveS, cleanSession } = connect;
    this.#identity = identity;
    this.#deadlines.connected(keepaliveS * 1000);
    if (keepaliveS * 1000 > QUIET_MS) this.#wire.keepQuiet(keepaliveS * 1000);
    this.#phase = "connecting";
    this.#toll = new Toll(this.#parts.allowances, identity, {
      limits: () => this.#parts.limits,
      nowMs: this.#nowMs,
      onEmpty: () => {
        this.#parts.metrics.throttled += 1;
      },
      onRefilled: () => this.#goOn(),
    });
    this.#toll.count(frame.bytes.length);
    const isKept = !cleanSession && this.#parts.rules.keepsOrdinarySessions;
    const brokerSide = new BrokerSide(identity, will, isKept, this.#endOfBroker());
    this.#brokerSide = brokerSide;
    this.#journalSide = this.#openJournalSide(identity, !cleanSession);
    this.#journalSide.begin(() => {
      if (this.#phase !== "connecting") return;
      brokerSide.enter(this.#parts.broker, connectForBroker(frame, isKept ? "lasting" : "clean"));
    });
  }

  #endOfBroker(): BrokerSideEnd {
    return {
      write: (bytes) => this.#write(bytes),
      welcome: (connack) => (this.#journalSide?.isResumed === true ? sessionPresent(connack) : connack),
      onWelcomed: (connack) => {
        this.#connack = connack;
        this.#goOn();
      },
      onRoom: () => this.#steer(),
      onClosed: () => this.#close(),
      onBad: (error) => this.#refuseFor(error),
      isOpen: () => this.#phase !== "closing" && this.#phase !== "gone",
      isBehind: () => this.#socket.writableNeedDrain && this.#phase === "accepted",
    };
  }

  #openJournalSide(identity: Identity, isLasting: boolean): JournalSide {
    const { limits } = this.#parts;
    const window = identity.role === "consumer" ? limits.consumerWindow : limits.sessionWindow;
    return new JournalSide(
      identity,
      isLasting,
      { ...this.#parts, window },
      {
        write: (bytes) => this.#write(bytes),
        isFull: () => this.#phase !== "accepted" || this.#isFinishing || this.#socket.writableLength > UNSENT_BYTES,
        isServed: () => this.#phase === "accepted",
        onUnavailable: (error) => this.#refuseUnkept(error),
      },
    );
  }

  #takeAccepted(identity: Identity, frame: Frame): void {
    this.#toll?.count(frame.bytes.length);
    if (frame.type === PACKET.publish) {
      this.#takePublish(identity, frame);
      return;
    }
    checkFromClient(frame);
    switch (frame.type) {
      case PACKET.subscribe:
        this.#takeSubscribe(frame);
        break;
      case PACKET.unsubscribe:
        this.#takeUnsubscribe(frame);
        break;
      case PACKET.puback:
        this.#takePuback(frame);
        break;
      case PACKET.pubrec:
      case PACKET.pubcomp:
        this.#forwardAcknowledgement(frame);
        break;
      case PACKET.pubrel:
        this.#brokerSide?.release(frame);
        break;
      case PACKET.pingreq:
        this.#pingsToAnswer += 1;
        break;
      default:
        this.#brokerSide?.forward(frame.bytes);
    }
  }

  #takePublish(identity: Identity, frame: Frame): void {
    const publish = parsePublish(frame, this.#topics);
    const known = this.#durableTopics.get(publish.topic);
    if (known !== undefined && publish.qos === 1 && !publish.retain) {
      this.#intake.take(recordOf(known, publish.topic, publish.payload), publish.messageId);
    } else if (this.#journalSide?.isUsed === true) {
      this.#refuse("consumer-rules", "a connection that is served durable data publishes nothing");
    } else if (isDurableTopic(publish.topic)) {
      this.#takeDurable(identity, publish);
    } else this.#takeOrdinary(identity, publish, frame);
  }

  /**
   * The broker judges what it is given, but QoS 2 only once it holds half of the exchange, beyond this connection: so that
   * is judged here.
   */
  #takeOrdinary(identity: Identity, publish: Publish, frame: Frame): void {
    const refusal = publish.qos === 2 ? this.#parts.rules.refusalOfPublish(identity, publish) : undefined;
    if (refusal !== undefined) {
      this.#refusePublish(refusal, publish);
      return;
    }
    this.#usesBroker = true;
    this.#brokerSide?.publish(publish, frame);
  }

  /** The first durable publish on a topic is judged; what is allowed once stays so for this connection. */
  #takeDurable(identity: Identity, publish: Publish): void {
    const refusal = this.#parts.rules.refusalOfPublish(identity, publish);
    const parsed = parseTopic(publish.topic);
    if (refusal !== undefined || parsed?.kind !== "data") {
      this.#refusePublish(refusal ?? "topic", publish);
      return;
    }
    const recordClass = classOfStream(parsed.stream);
    if (this.#durableTopics.size < DURABLE_TOPICS_KEPT) this.#durableTopics.set(publish.topic, recordClass);
    this.#intake.take(recordOf(recordClass, publish.topic, publish.payload), publish.messageId);
  }

  #refusePublish(reason: RefusalReason, { topic, qos }: Publish): void {
    this.#refuse(reason, `publish on ${topic} at QoS ${qos}`);
  }

  #takeSubscribe(frame: Frame): void {
    const packet = parseControl(frame);
    if (packet.cmd !== "subscribe") return;
    this.#toll?.count(0, packet.subscriptions.length - 1);
    const served = servedFromJournal(packet, this.#parts.rules);
    if (served === "none" && this.#journalSide?.isUsed !== true) {
      this.#usesBroker = true;
      this.#brokerSide?.forward(frame.bytes);
    } else if (served !== "all" || this.#usesBroker) {
      this.#refuse(
        "consumer-rules",
        "a connection that is served durable data subscribes to and publishes nothing else",
      );
    } else this.#journalSide?.subscribe(packet);
  }

  #takeUnsubscribe(frame: Frame): void {
    const packet = parseControl(frame);
    if (packet.cmd !== "unsubscribe") return;
    this.#toll?.count(0, packet.unsubscriptions.length - 1);
    if (this.#journalSide?.unsubscribe(packet) !== true) this.#brokerSide?.forward(frame.bytes);
  }

  #takePuback(frame: Frame): void {
    if (this.#journalSide?.isUsed !== true) this.#forwardAcknowledgement(frame);
    else if (this.#journalSide.acknowledge(messageIdOf(frame))) {
      this.#parts.metrics.consumed += 1;
      this.#toll?.discount(frame.bytes.length);
    }
  }

  #forwardAcknowledgement(frame: Frame): void {
    if (this.#brokerSide?.acknowledge(frame) === true) this.#toll?.discount(frame.bytes.length);
  }

  #acknowledge(messageIds: readonly number[]): void {
    this.#parts.metrics.acknowledged += messageIds.length;
    this.#write(pubackPackets(messageIds));
    this.#steer();
  }

  /** Reads on once nothing speaks against it; a client that came back in debt is served once that is paid. */
  #goOn(): void {
    this.#toll?.settle();
    if (this.#phase === "connecting" && this.#connack !== undefined && this.#toll?.isWaiting !== true) {
      this.#accept(this.#connack);
    } else this.#steer();
  }

  #accept(connack: Frame): void {
    this.#phase = "accepted";
    const hasOldSession = connack.bytes[connack.bodyAt] === 1;
    this.#usesBroker = hasOldSession && this.#journalSide?.isResumed !== true;
    this.#deadlines.heard(this.#nowMs(), this.#fromClient.heldBytes > 0, false);
    this.#journalSide?.resume();
    const early = this.#early;
    this.#early = [];
    this.#takeAll(() => {
      for (const frame of early) this.#take(frame);
    });
  }

  #write(bytes: Buffer): void {
    if (this.#phase !== "gone" && this.#socket.writable) this.#socket.write(bytes);
  }

  #resumeOutput(): void {
    this.#brokerSide?.drained();
    this.#journalSide?.drained();
    this.#steer();
  }

  /** Whatever the bytes of one client bring about must not stop the others. */
  #refuseFor(error: unknown): void {
    this.#refuse(error instanceof ProtocolError ? error.code : "internal-error", messageOf(error));
  }

  /** The disk did not take it, so it is not acknowledged. */
  #refuseUnkept(error: unknown, count = 1): void {
    this.#refuse("journal-unavailable", `${codeOf(error)}: ${messageOf(error)}`, count);
  }

  /** Counts why, and closes: a 3.1.1 server has no other way to say no. */
  #refuse(reason: RefusalReason, detail: string, count = 1): void {
    this.#parts.metrics.refuse(reason, this.#name, detail, count);
    this.#close();
  }

  #close(): void {
    if (this.#phase === "closing" || this.#phase === "gone") return;
    this.#phase = "closing";
    this.#journalSide?.end();
    this.#socket.resume();
    endSoon(this.#socket);
    // Not the socket's own timeout: whoever goes on sending would put that off for ever.
    const lingering = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once("close", () => clearTimeout(lingering));
  }

  #end(): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    this.#early = [];
    this.#toll?.end();
    this.#journalSide?.end();
    this.#brokerSide?.end();
    this.#onGone();
  }
}
