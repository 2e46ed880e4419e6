import { BodyReader } from "./body-reader.ts";
import { type Frame, ProtocolError } from "./framer.ts";
import { PACKET } from "./packet-types.ts";
import { parsePublish } from "./publish.ts";
import { parseSubscribe, parseUnsubscribe } from "./subscriptions.ts";

/**
 * Requires that a packet which a client sends after its CONNECT is as MQTT 3.1.1 wants it, before anything is done with
 * it. (The framer has judged type, flags and size; `parseConnect` judges the first packet.) Throws nothing but
 * `ProtocolError`.
 */
export function checkFromClient(frame: Frame): void {
  switch (frame.type) {
    case PACKET.publish:
      parsePublish(frame);
      return;
    case PACKET.puback:
    case PACKET.pubrec:
    case PACKET.pubrel:
    case PACKET.pubcomp:
      checkAcknowledgement(frame);
      return;
    case PACKET.subscribe:
      parseSubscribe(frame);
      return;
    case PACKET.unsubscribe:
      parseUnsubscribe(frame);
      return;
    case PACKET.pingreq:
    case PACKET.disconnect:
      new BodyReader(frame).end("a packet without a body");
      return;
    case PACKET.connect:
      throw new ProtocolError("malformed-packet", "a second CONNECT");
    default:
      throw new ProtocolError("malformed-packet", `a client does not send packets of type ${frame.type}`);
  }
}

function checkAcknowledgement(frame: Frame): void {
  const reader = new BodyReader(frame);
  reader.messageId();
  reader.end("an acknowledgement");
}
