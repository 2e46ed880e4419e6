import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { parseControl } from "#mqtt/control.ts";
import { type Frame, Framer, ProtocolError } from "#mqtt/framer.ts";
import { parsePublish } from "#mqtt/publish.ts";
import { Flows } from "../../../gateway/front/flows.ts";
import { aPublish } from "../../support/raw-mqtt.ts";

function framesOf(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  new Framer(4096).push(bytes, (frame) => frames.push(frame));
  return frames;
}

function frameOf(packet: Packet): Frame {
  const [frame] = framesOf(generate(packet));
  if (frame === undefined) throw new TypeError("no frame");
  return frame;
}

const read = (bytes: Buffer | undefined): Packet | undefined =>
  bytes === undefined ? undefined : framesOf(bytes).map(parseControl)[0];
const delivery = (messageId: number, qos: 1 | 2 = 1) => frameOf(aPublish("p", messageId, "message", qos));
type Acknowledgement = "puback" | "pubrec" | "pubrel" | "pubcomp";
const ack = (cmd: Acknowledgement, messageId: number) => frameOf({ cmd, messageId });

describe("the flows of a session that ends with its connection", () => {
  it("show the client message ids from 1 upwards, and the broker its own", () => {
    const flows = new Flows(true);

    expect(read(flows.toClient(delivery(50_000)))).toMatchObject({ messageId: 1, topic: "p", qos: 1 });
    expect(read(flows.toClient(delivery(50_001, 2)))).toMatchObject({ messageId: 2, topic: "p", qos: 2 });
    expect(read(flows.fromClient(ack("puback", 1)).forBroker)).toMatchObject({ cmd: "puback", messageId: 50_000 });
    expect(read(flows.fromClient(ack("pubrec", 2)).forBroker)).toMatchObject({ cmd: "pubrec", messageId: 50_001 });
    expect(read(flows.toClient(ack("pubrel", 50_001)))).toMatchObject({ cmd: "pubrel", messageId: 2 });
    expect(read(flows.fromClient(ack("pubcomp", 2)).forBroker)).toMatchObject({ cmd: "pubcomp", messageId: 50_001 });
  });

  it("never give a message id that waits for its acknowledgement to another delivery", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (acknowledgesNext) => {
        const flows = new Flows(true);
        const waiting: number[] = [];
        acknowledgesNext.forEach((acknowledges, i) => {
          const id = read(flows.toClient(delivery(i + 1)))?.messageId ?? 0;
          expect(waiting).not.toContain(id);
          if (acknowledges) flows.fromClient(ack("puback", id));
          else waiting.push(id);
        });
      }),
    );
  });

  it("go on at 1 behind 65535, past those that still wait", () => {
    const flows = new Flows(true);
    flows.toClient(delivery(1));
    for (let i = 2; i <= 65_535; i += 1) {
      flows.toClient(delivery(7));
      flows.fromClient(ack("puback", i));
    }

    expect(read(flows.toClient(delivery(8)))).toMatchObject({ messageId: 2 });
  });

  it("refuse a client that lets all message ids wait", () => {
    const flows = new Flows(true);
    for (let i = 1; i <= 65_535; i += 1) flows.toClient(delivery(i));

    expect(() => flows.toClient(delivery(1))).toThrow(ProtocolError);
  });

  it("let an acknowledgement of nothing pass, and answer a PUBREC of nothing", () => {
    const flows = new Flows(true);

    expect(flows.fromClient(ack("puback", 9))).toEqual({ isDue: false });
    expect(flows.fromClient(ack("pubcomp", 9))).toEqual({ isDue: false });
    expect(read(flows.fromClient(ack("pubrec", 9)).answer)).toMatchObject({ cmd: "pubrel", messageId: 9 });
  });

  it.each([
    ["a PUBCOMP for a delivery of QoS 1", 1, "pubcomp"],
    ["a PUBREC for a delivery of QoS 1", 1, "pubrec"],
    ["a PUBACK for a delivery of QoS 2", 2, "puback"],
    ["a PUBCOMP before the PUBREC", 2, "pubcomp"],
  ] as const)("refuse %s", (_what, qos, cmd) => {
    const flows = new Flows(true);
    flows.toClient(delivery(7, qos));

    expect(() => flows.fromClient(ack(cmd, 1))).toThrow(ProtocolError);
  });

  it("leave the bytes of the broker as they are", () => {
    const frame = delivery(50_000);
    const before = Buffer.from(frame.bytes);

    new Flows(true).toClient(frame);

    expect(frame.bytes.equals(before)).toBe(true);
  });
});

describe("the flows of a session that goes on", () => {
  it("keep the broker's message ids, those of another connection too", () => {
    const flows = new Flows(false);

    expect(read(flows.toClient(delivery(50_000)))).toMatchObject({ messageId: 50_000 });
    expect(read(flows.toClient(ack("pubrel", 44)))).toMatchObject({ messageId: 44 });
    expect(read(flows.fromClient(ack("pubcomp", 44)).forBroker)).toMatchObject({ messageId: 44 });
    expect(read(flows.fromClient(ack("puback", 45)).forBroker)).toMatchObject({ messageId: 45 });
  });
});

describe("a client's own message ids of QoS 2", () => {
  it("may be used a second time before they are released, not a third time", () => {
    const flows = new Flows(true);
    const publish = parsePublish(frameOf(aPublish("p", 5, "x", 2)));

    flows.usePublish(publish);
    flows.usePublish(publish);
    expect(() => flows.usePublish(publish)).toThrow(ProtocolError);

    flows.release(5);
    flows.usePublish(publish);
  });
});
