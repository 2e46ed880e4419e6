import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  // JSX is compiled by Vite itself; Preact needs no plug-in.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    // Browsers of about 2023 and later: what MapLibre 6 itself asks for.
    target: "es2022",
    // Nothing is inlined as data: URLs, so the server's content policy can stay narrow.
    assetsInlineLimit: 0,
    // MapLibre alone is about 1 MB before compression; a warning that always comes warns of nothing.
    chunkSizeWarningLimit: 1_400,
    rolldownOptions: {
      input: {
        index: here("index.html"),
        desk: here("desk.html"),
        "service-worker": here("offline/service-worker.ts"),
      },
      // A service worker is known by its address: its name must not change, and it must lie in the root.
      output: { entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js") },
    },
  },
  // `vite` in this folder serves the pages with reloading, against a cloud on its usual port.
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
