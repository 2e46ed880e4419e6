import { describe, expect, it } from "vitest";
import { limits } from "#contract/limits.ts";
import { MAX_TENANTS } from "#contract/principals.ts";
import {
  CONSUMER_GROUPS,
  classOfStream,
  filters,
  parseTopic,
  RECORD_CLASSES,
  Stream,
  topics,
} from "#contract/topics.ts";
import { MOST_FILTERS } from "#mqtt/subscriptions.ts";
import type { Identity } from "../../../gateway/access/accounts.ts";
import {
  groupOfSubscription,
  mayHaveData,
  mayHaveWill,
  maySubscribe,
  refusalOfPublish,
} from "../../../gateway/access/rules.ts";
import { GROUP_CLASSES } from "../../../gateway/uplink/journal-layout.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const POST = { tenant: "demo", device: "post-1" };
const truck: Identity = { clientId: "demo:truck-1", address: TRUCK, role: "device", tenants: [] };
const cloud: Identity = {
  clientId: "dv:cloud:out",
  address: { tenant: "dv", device: "cloud" },
  role: "consumer",
  tenants: [],
};
const foreignConsumer: Identity = { ...cloud, address: { tenant: "demo", device: "cloud" } };
const payload = Buffer.from("x");
/** As the contract has it for this topic. */
const claim = (topic: string) => {
  const kind = parseTopic(topic)?.kind;
  return { topic, payload, qos: kind === "live" ? 0 : 1, retain: kind !== "live" && kind !== "data" };
};
const willOn = (topic: string) => ({ topic, payload, qos: 1, retain: true });

describe("refusalOfPublish", () => {
  it("lets a device publish each durable stream of its own, live values, its state and its settings in force", () => {
    const own = [
      ...Stream.options.map((stream) => topics.data(TRUCK, stream)),
      topics.live(TRUCK, "position"),
      topics.state(TRUCK),
      topics.reported(TRUCK),
    ];

    expect(own.map((topic) => refusalOfPublish(truck, claim(topic)))).toEqual(own.map(() => undefined));
  });

  it.each([
    ["another device's data", topics.data(POST, "reading")],
    ["another tenant's data", topics.data({ ...TRUCK, tenant: "other" }, "reading")],
    ["another device's state", topics.state(POST)],
    ["its own wanted settings", topics.desired(TRUCK)],
    ["its own stored", topics.stored(TRUCK)],
    ["an unknown stream", `${topics.data(TRUCK, "reading")}s`],
    ["deeper than the data", `${topics.data(TRUCK, "reading")}/x`],
    ["outside of all topics", "anything"],
  ])("refuses a device that publishes %s", (_, topic) => {
    expect(refusalOfPublish(truck, claim(topic))).toBe("topic");
  });

  it("takes durable data at QoS 1 only and never retained", () => {
    const topic = topics.data(TRUCK, "visit");

    expect(refusalOfPublish(truck, { ...claim(topic), qos: 0 })).toBe("qos");
    expect(refusalOfPublish(truck, { ...claim(topic), qos: 2 })).toBe("qos");
    expect(refusalOfPublish(truck, { ...claim(topic), retain: true })).toBe("retained");
  });

  it("takes live values at QoS 0 only and never retained: nothing of them stays", () => {
    const live = claim(topics.live(TRUCK, "position"));

    expect(refusalOfPublish(truck, { ...live, qos: 1 })).toBe("qos");
    expect(refusalOfPublish(truck, { ...live, qos: 2 })).toBe("qos");
    expect(refusalOfPublish(truck, { ...live, retain: true })).toBe("retained");
  });

  it.each([
    ["state", truck, topics.state(TRUCK)],
    ["settings in force", truck, topics.reported(TRUCK)],
    ["stored", cloud, topics.stored(TRUCK)],
    ["wanted settings", cloud, topics.desired(TRUCK)],
  ])("takes %s at QoS 1 and retained only, and of a bounded size", (_, identity, topic) => {
    const kept = claim(topic);

    expect(refusalOfPublish(identity, { ...kept, qos: 0 })).toBe("qos");
    expect(refusalOfPublish(identity, { ...kept, qos: 2 })).toBe("qos");
    expect(refusalOfPublish(identity, { ...kept, retain: false })).toBe("not-retained");
    expect(refusalOfPublish(identity, { ...kept, payload: Buffer.alloc(limits.retainedBytes) })).toBeUndefined();
    expect(refusalOfPublish(identity, { ...kept, payload: "ж".repeat(limits.retainedBytes / 2 + 1) })).toBe(
      "retained-too-large",
    );
    expect(refusalOfPublish(identity, { ...kept, payload: "" })).toBeUndefined();
  });

  it("lets the cloud publish stored and wanted settings of any device, and nothing else", () => {
    expect(refusalOfPublish(cloud, claim(topics.stored(TRUCK)))).toBeUndefined();
    expect(refusalOfPublish(cloud, claim(topics.desired(POST)))).toBeUndefined();
    expect(refusalOfPublish(cloud, claim(topics.data(TRUCK, "reading")))).toBe("topic");
    expect(refusalOfPublish(cloud, claim(topics.state(cloud.address)))).toBe("topic");
  });

  it("gives a consumer outside of the reserved tenant nothing", () => {
    expect(refusalOfPublish(foreignConsumer, claim(topics.stored(TRUCK)))).toBe("topic");
    expect(maySubscribe(foreignConsumer, filters.state())).toBe(false);
    expect(groupOfSubscription(foreignConsumer, filters.shared("air", filters.data("reading")))).toBeUndefined();
  });
});

describe("subscriptions and wills", () => {
  it("are a device's own", () => {
    expect(maySubscribe(truck, topics.stored(TRUCK))).toBe(true);
    expect(maySubscribe(truck, topics.desired(TRUCK))).toBe(true);
    expect(maySubscribe(truck, topics.stored(POST))).toBe(false);
    expect(maySubscribe(truck, filters.state())).toBe(false);
    expect(mayHaveWill(truck, willOn(topics.state(TRUCK)))).toBe(true);
    expect(mayHaveWill(truck, willOn(topics.state(POST)))).toBe(false);
    expect(mayHaveWill(cloud, willOn(topics.state(cloud.address)))).toBe(false);
    for (const other of [{ qos: 0 }, { qos: 2 }, { retain: false }, { payload: Buffer.alloc(65_537) }]) {
      expect(mayHaveWill(truck, { ...willOn(topics.state(TRUCK)), ...other })).toBe(false);
    }
  });

  it("are the configured groups and all states for the cloud", () => {
    expect(maySubscribe(cloud, filters.state())).toBe(true);
    expect(maySubscribe(cloud, "#")).toBe(false);
    expect(groupOfSubscription(cloud, filters.shared("sites", filters.data("visit")))).toBe("sites");
    expect(mayHaveData(cloud, filters.allData())).toBe(true);
    expect(mayHaveData(cloud, "dv1/#")).toBe(false);
    expect(groupOfSubscription(cloud, filters.shared("air", filters.data("visit")))).toBeUndefined();
    expect(groupOfSubscription(cloud, filters.shared("toString", filters.data("visit")))).toBeUndefined();
  });
});

describe("a gateway behind another", () => {
  const village: Identity = {
    clientId: "dv:village:up",
    address: { tenant: "dv", device: "village" },
    role: "gateway",
    tenants: ["demo", "kopeysk"],
  };

  it("speaks for the devices of its tenants and for itself, and for nobody else", () => {
    expect(refusalOfPublish(village, claim(topics.data(TRUCK, "visit")))).toBeUndefined();
    expect(refusalOfPublish(village, claim(topics.state(POST)))).toBeUndefined();
    expect(refusalOfPublish(village, claim(topics.data(village.address, "gap")))).toBeUndefined();
    expect(refusalOfPublish(village, claim(topics.data({ tenant: "other", device: "truck-1" }, "visit")))).toBe(
      "topic",
    );
    expect(refusalOfPublish(village, claim(topics.data({ tenant: "dv", device: "other" }, "gap")))).toBe("topic");
    expect(refusalOfPublish(village, claim(topics.stored(TRUCK)))).toBe("topic");
    expect(mayHaveWill(village, willOn(topics.state(village.address)))).toBe(true);
    expect(mayHaveWill(village, willOn(topics.state(TRUCK)))).toBe(false);
  });

  it("may ask for all of its tenants in one packet", () => {
    const filtersOfTenant = [filters.stored("demo"), filters.desired("demo")];

    expect(filtersOfTenant.length * MAX_TENANTS).toBeLessThanOrEqual(MOST_FILTERS);
    expect(MOST_FILTERS).toBeLessThanOrEqual(limits.filtersPerClient);
  });

  it("hears what is for the devices of its tenants", () => {
    for (const filter of [filters.stored("demo"), filters.desired("kopeysk"), topics.desired(TRUCK)]) {
      expect(maySubscribe(village, filter)).toBe(true);
    }
    for (const filter of [filters.stored(), filters.desired("other"), filters.state("demo"), "#", "dv1/demo/#"]) {
      expect(maySubscribe(village, filter)).toBe(false);
    }
  });
});

describe("an operator", () => {
  const operator: Identity = {
    clientId: "dv:desk",
    address: { tenant: "dv", device: "desk" },
    role: "operator",
    tenants: ["demo"],
  };

  it("looks into its tenants and sets what is wanted there, and says nothing in a device's name", () => {
    expect(maySubscribe(operator, filters.live("demo"))).toBe(true);
    expect(mayHaveData(operator, filters.allData("demo"))).toBe(true);
    expect(mayHaveData(operator, topics.data(TRUCK, "visit"))).toBe(true);
    for (const wide of [filters.allData(), filters.allData("other"), "dv1/demo/+/#", "#"]) {
      expect(mayHaveData(operator, wide)).toBe(false);
    }
    expect(maySubscribe(operator, topics.state(TRUCK))).toBe(true);
    expect(maySubscribe(operator, filters.state())).toBe(false);
    expect(refusalOfPublish(operator, claim(topics.desired(TRUCK)))).toBeUndefined();
    expect(refusalOfPublish(operator, claim(topics.desired({ tenant: "other", device: "x" })))).toBe("topic");
    expect(refusalOfPublish(operator, claim(topics.data(TRUCK, "visit")))).toBe("topic");
    expect(refusalOfPublish(operator, claim(topics.stored(TRUCK)))).toBe("topic");
  });
});

describe("GROUP_CLASSES", () => {
  it("reads every class, in order of worth, and splits no class between groups", () => {
    expect(GROUP_CLASSES).toEqual({ air: ["reading"], sites: ["alert", "visit", "health", "chunk"] });
    for (const recordClass of RECORD_CLASSES) {
      const streams = Stream.options.filter((stream) => classOfStream(stream) === recordClass);
      const groups = Object.values(CONSUMER_GROUPS).filter((own) => own.some((stream) => streams.includes(stream)));
      expect(groups).toHaveLength(1);
    }
  });
});
