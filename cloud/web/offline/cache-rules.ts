/** How the service worker answers a request. */
export type Rule =
  /** The network, and where there is none the last answer that was kept. */
  | "network-then-kept"
  /** What is kept, and the network for the rest: files whose names change with their contents. */
  | "kept-then-network"
  /** Not its affair. */
  | "pass";

/** Answers of the API that are worth something without a network, dated as they are. */
const SNAPSHOTS = ["/api/v1/stations", "/api/v1/sites", "/api/v1/bulletins"];

/** The page itself and what browsers ask for beside it. */
const PAGE = ["/", "/manifest.webmanifest", "/icon.svg"];

/** The rule for one request. The page always comes from the network where there is one: nobody is kept on an old version. */
export function ruleOf(method: string, { pathname, search }: Pick<URL, "pathname" | "search">): Rule {
  if (method !== "GET") return "pass";
  if (pathname.startsWith("/assets/")) return "kept-then-network";
  return search === "" && (SNAPSHOTS.includes(pathname) || PAGE.includes(pathname)) ? "network-then-kept" : "pass";
}

/** Kept files that the present page does not name any more. */
export function outdated(kept: readonly string[], present: readonly string[]): readonly string[] {
  const named = new Set(present.map((url) => new URL(url, "http://page").pathname));
  return kept.filter((url) => {
    const { pathname } = new URL(url, "http://page");
    return pathname.startsWith("/assets/") && !named.has(pathname);
  });
}
