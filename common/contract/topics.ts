import { z } from "zod";
import { Address } from "./names.ts";

/** The only file that spells topics. Additions keep the version; a changed meaning gets a new one. */
const ROOT = "dv1";

/** Streams of durable data below `d/`. */
export const Stream = z.enum(["reading", "visit", "photo", "chunk", "health", "gap", "alert"]);
export type Stream = z.infer<typeof Stream>;

/** Classes of worth, most worthy first: delivery and sending go in this order, and the last loses its records first. */
export const RECORD_CLASSES = ["alert", "visit", "reading", "health", "chunk"] as const;
export type RecordClass = (typeof RECORD_CLASSES)[number];

/**
 * The part of a journal's budget that no other class can take. What is left (three tenths) goes by worth. Visits and
 * readings are what the system is for; a chunk is worth little without the others of its photo, so it keeps enough for
 * the newest ones.
 */
export const CLASS_SHARES = {
  alert: 0.05,
  visit: 0.25,
  reading: 0.25,
  health: 0.02,
  chunk: 0.13,
} as const satisfies Record<RecordClass, number>;

const CLASS_OF_STREAM = {
  alert: "alert",
  gap: "alert",
  visit: "visit",
  photo: "visit",
  reading: "reading",
  health: "health",
  chunk: "chunk",
} as const satisfies Record<Stream, RecordClass>;

/** The class of worth of a stream: `photo` counts as visit, `gap` as alert. */
export const classOfStream = (stream: Stream): RecordClass => CLASS_OF_STREAM[stream];

/** What a topic means, once parsed. */
export type Topic =
  | { readonly kind: "data"; readonly address: Address; readonly stream: Stream }
  | { readonly kind: "live"; readonly address: Address; readonly stream: string }
  | { readonly kind: "state" | "desired" | "reported" | "stored"; readonly address: Address };

/** Spells topics. */
export const topics = {
  data: ({ tenant, device }: Address, stream: Stream) => `${ROOT}/${tenant}/${device}/d/${stream}`,
  live: ({ tenant, device }: Address, stream: string) => `${ROOT}/${tenant}/${device}/live/${stream}`,
  state: ({ tenant, device }: Address) => `${ROOT}/${tenant}/${device}/state`,
  desired: ({ tenant, device }: Address) => `${ROOT}/${tenant}/${device}/twin/desired`,
  reported: ({ tenant, device }: Address) => `${ROOT}/${tenant}/${device}/twin/reported`,
  stored: ({ tenant, device }: Address) => `${ROOT}/${tenant}/${device}/stored`,
} as const;

/** Spells subscription filters over all devices, or over those of one tenant. */
export const filters = {
  data: (stream: Stream, tenant = "+") => `${ROOT}/${tenant}/+/d/${stream}`,
  allData: (tenant = "+") => `${ROOT}/${tenant}/+/d/+`,
  live: (tenant = "+") => `${ROOT}/${tenant}/+/live/+`,
  state: (tenant = "+") => `${ROOT}/${tenant}/+/state`,
  desired: (tenant = "+") => `${ROOT}/${tenant}/+/twin/desired`,
  reported: (tenant = "+") => `${ROOT}/${tenant}/+/twin/reported`,
  stored: (tenant = "+") => `${ROOT}/${tenant}/+/stored`,
  shared: (group: string, filter: string) => `$share/${group}/${filter}`,
} as const;

/** The consumer groups of the cloud: `air` takes readings, `sites` all else, so that one store's trouble stops one. */
export const CONSUMER_GROUPS = {
  air: ["reading"],
  sites: ["alert", "gap", "visit", "photo", "health", "chunk"],
} as const satisfies Record<string, readonly Stream[]>;
export type ConsumerGroup = keyof typeof CONSUMER_GROUPS;

/** The group and filter of a `$share/{group}/{filter}` subscription, or undefined for an ordinary one. */
export function parseShared(filter: string): { readonly group: string; readonly filter: string } | undefined {
  const [word, group, ...rest] = filter.split("/");
  if (word !== "$share" || group === undefined || group === "" || rest.length === 0) return undefined;
  return { group, filter: rest.join("/") };
}

/** The stream and the device of a topic, or undefined when it is none of ours. */
export function parseTopic(topic: string): Topic | undefined {
  const [root, tenant, device, branch, leaf, ...rest] = topic.split("/");
  const address = Address.safeParse({ tenant, device });
  if (root !== ROOT || !address.success || rest.length > 0) return undefined;
  if (branch === "d") {
    const stream = Stream.safeParse(leaf);
    return stream.success ? { kind: "data", address: address.data, stream: stream.data } : undefined;
  }
  if (branch === "live" && leaf !== undefined && leaf !== "")
    return { kind: "live", address: address.data, stream: leaf };
  if (branch === "twin" && (leaf === "desired" || leaf === "reported")) return { kind: leaf, address: address.data };
  if ((branch === "state" || branch === "stored") && leaf === undefined) return { kind: branch, address: address.data };
  return undefined;
}

/** Whether a topic, or a filter that says so, lies in the tree that is spelled here. */
export const isOurTopic = (topic: string): boolean => topic.split("/")[0] === ROOT;

/** Whether a topic, or a filter that says so, lies below `dv1/{tenant}/{device}/d/`: what only the durable path may take. */
export function isDurableTopic(topic: string): boolean {
  const [root, , , branch] = topic.split("/");
  return root === ROOT && branch === "d";
}
