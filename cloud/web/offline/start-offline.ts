import { type ReadonlySignal, signal } from "@preact/signals";

/** The page's own file changes its name with each build. */
const MAIN_SCRIPT = /\/assets\/index-[\w-]+\.js/;
/** An open page looks so often, and whenever it is looked at again, whether there is a newer one. */
const LOOK_MS = 15 * 60_000;

/** What the page is made of, as far as the browser has fetched it, and the snapshots of the API. */
function ownUrls(more: readonly string[]): readonly string[] {
  const { origin } = window.location;
  const files = performance
    .getEntriesByType("resource")
    .map(({ name }) => name)
    .filter((name) => name.startsWith(`${origin}/assets/`));
  const paths = ["/", "/manifest.webmanifest", "/icon.svg", "/api/v1/stations", "/api/v1/sites", "/api/v1/bulletins"];
  return [...new Set([...files, ...[...more, ...paths].map((path) => new URL(path, origin).href)])];
}

async function isNewerThere(): Promise<boolean> {
  const own = [...document.scripts].map(({ src }) => MAIN_SCRIPT.exec(src)?.[0]).find((src) => src !== undefined);
  if (own === undefined) return false;
  try {
    const page = await (await fetch("/", { cache: "no-cache" })).text();
    const theirs = MAIN_SCRIPT.exec(page)?.[0];
    return theirs !== undefined && theirs !== own;
  } catch {
    // No network: nothing newer can be had now.
    return false;
  }
}

/**
 * Makes the page usable without a network, and says when a newer version of it is there.
 *
 * `moreFiles` are those that a worker fetches: the page's own list does not have them. Where the browser has no service worker (or the page came over plain HTTP) it works as before, with a network.
 */
export function startOffline(moreFiles: readonly string[]): { readonly isOutdated: ReadonlySignal<boolean> } {
  const isOutdated = signal(false);
  const look = () =>
    void isNewerThere().then((isThere) => {
      isOutdated.value ||= isThere;
    });
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  if ("serviceWorker" in navigator && import.meta.env.PROD) {
    void navigator.serviceWorker
      .register("/service-worker.js", { updateViaCache: "none" })
      .then(async () => {
        const { active } = await navigator.serviceWorker.ready;
        active?.postMessage(ownUrls(moreFiles));
      })
      // Refused by the browser's settings: the page works with a network.
      .catch(() => {});
  }
  return { isOutdated };
}
