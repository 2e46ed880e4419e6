import { z } from "zod";
import { isLoopback } from "#kit/loopback.ts";

/** A broker's address: `mqtts:` anywhere, `mqtt:` only on this machine, since a token would travel in the clear. */
export const BrokerUrl = z.string().superRefine((text, context) => {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "mqtt:" && url.protocol !== "mqtts:")) {
    context.addIssue({ code: "custom", message: "must be mqtts://HOST:PORT, or mqtt://127.0.0.1:PORT" });
  } else if (url.protocol === "mqtt:" && !isLoopback(url.hostname)) {
    const message = `mqtt: without TLS is only for this machine (127.0.0.1); use mqtts: for ${url.hostname}`;
    context.addIssue({ code: "custom", message });
  }
});
