/**
 * The page's own script: asks for the page again and puts in what has changed, so that it lives through a restart of the
 * program and a reader's place on the page is kept. It lies here as text, since a device's bundle has TypeScript only.
 */
export const PAGE_SCRIPT = `"use strict";
const EVERY_MS = 5000;
const WITHIN_MS = 4000;
const away = document.getElementById("away");

function replaceChanged(id, fresh) {
  const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
  if (old === null || now === null || old.outerHTML === now.outerHTML) return;
  old.className = now.className;
  old.replaceChildren(...now.childNodes);
}

async function refresh() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(WITHIN_MS) });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["summary", "parts", "moment"]) replaceChanged(id, fresh);
    document.title = fresh.title;
    away.hidden = true;
    document.body.classList.remove("stale");
  } catch {
    away.hidden = false;
    document.body.classList.add("stale");
  }
  setTimeout(refresh, EVERY_MS);
}

setTimeout(refresh, EVERY_MS);
`;
