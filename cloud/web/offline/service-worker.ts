import { outdated, ruleOf } from "./cache-rules.ts";

/** The few things of a service worker's world that are used here; the DOM's types do not have them. */
interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchingEvent extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface TellingEvent extends WaitingEvent {
  readonly data: unknown;
}
interface Worker {
  addEventListener(type: "install" | "activate", listen: (event: WaitingEvent) => void): void;
  addEventListener(type: "fetch", listen: (event: FetchingEvent) => void): void;
  addEventListener(type: "message", listen: (event: TellingEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}
declare const self: Worker;

const CACHE = "dvornik-1";
/** With a poor network the kept answer is better than waiting. */
const PATIENCE_MS = 8_000;
/** `SNAPSHOT_HEADER` of page/api.ts; a worker's file shares none with the page. */
const SNAPSHOT_HEADER = "x-dvornik-snapshot";

/** The same answer, marked as kept; its `Date` says of which moment it is. */
async function asSnapshot(answer: Response): Promise<Response> {
  const headers = new Headers(answer.headers);
  headers.set(SNAPSHOT_HEADER, "1");
  return new Response(await answer.blob(), { status: answer.status, headers });
}

async function fromNetwork(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) await cache.put(request.url, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request.url);
    if (kept === undefined) throw error;
    return await asSnapshot(kept);
  }
}

async function fromKept(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request.url, answer.clone());
  return answer;
}

/** Keeps what the open page is made of, and forgets files of versions before it. */
async function keep(urls: readonly string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const url of urls) {
    if (ruleOf("GET", new URL(url)) === "kept-then-network" && (await cache.match(url)) !== undefined) continue;
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) await cache.put(url, answer);
  }
  const kept = (await cache.keys()).map(({ url }) => url);
  await Promise.all(outdated(kept, urls).map((url) => cache.delete(url)));
}

const isTexts = (data: unknown): data is readonly string[] =>
  Array.isArray(data) && data.every((one) => typeof one === "string");

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (isTexts(event.data)) event.waitUntil(keep(event.data));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const rule = ruleOf(request.method, new URL(request.url));
  if (rule === "network-then-kept") event.respondWith(fromNetwork(request));
  if (rule === "kept-then-network") event.respondWith(fromKept(request));
});
