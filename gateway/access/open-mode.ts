import { randomUUID } from "node:crypto";
import { isOurTopic } from "#contract/topics.ts";
import type { Logger } from "#kit/logger.ts";
import { LEVEL } from "#mqtt/connect.ts";
import type { Accounts } from "./accounts.ts";
import type { Rules } from "./rules.ts";

/** The interoperability suite of the standard wants one filter that is refused. */
const REFUSED_FILTER = "test/nosubscribe";

/**
 * The open mode, whole: it exists so that the broker can be judged by general MQTT tests, and the settings allow it on
 * loopback only. Anybody is somebody, and every topic that is not ours is served from memory; ours are refused to all,
 * so that nothing reaches the journal or comes from it.
 */
export function openAccess(log: Logger): { readonly accounts: Accounts; readonly rules: Rules } {
  log.warn(
    { event: "gateway.open" },
    "OPEN MODE: anyone on this machine may connect and use any topic but ours; for conformance tests only",
  );
  return { accounts: everybody, rules: openRules };
}

const everybody: Accounts = {
  authenticate: ({ clientId }) => ({
    clientId: clientId === "" ? `open-${randomUUID()}` : clientId,
    address: { tenant: "open", device: "open" },
    role: "device",
    tenants: [],
  }),
  endOf: () => undefined,
  close: async () => undefined,
};

const openRules: Rules = {
  levels: [LEVEL.MQIsdp, LEVEL.MQTT],
  keepsOrdinarySessions: true,
  refusalOfPublish: (_identity, { topic }) => (isOurTopic(topic) ? "topic" : undefined),
  mayHaveWill: (_identity, { topic }) => !isOurTopic(topic),
  maySubscribe: (_identity, filter) => filter !== REFUSED_FILTER && !isOurTopic(filter),
  isShared: () => false,
  isData: () => false,
  mayHaveData: () => false,
  groupOfSubscription: () => undefined,
};
