import { access } from "node:fs/promises";
import { join, sep } from "node:path";
import { fastifyStatic } from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";

const PAGES = { "/": "index.html", "/desk": "desk.html" } as const;

/** Vite puts a hash into the names below this folder, so those files never change. */
const HASHED = `${sep}assets${sep}`;

const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Dvornik</title>
<h1>The pages are not built yet</h1><p>Run <code>npm run build</code> once and reload. The API is at
<a href="/api/openapi.json">/api/openapi.json</a>.</p>
<h1 lang="ru">Страницы ещё не собраны</h1><p lang="ru">Выполните <code>npm run build</code> и обновите страницу.</p>
`;

/** Serves the built web pages; says what to do while they are not built. */
export async function addPages(app: FastifyInstance, webDir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: webDir,
    index: false,
    cacheControl: false,
    // The folder may be built after the start.
    suppressWarning: true,
    setHeaders: (reply, path) => {
      const isHashed = path.includes(HASHED);
      void reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  for (const [path, file] of Object.entries(PAGES)) {
    app.get(path, { schema: { hide: true } }, async (_request, reply) => sendPage(reply, webDir, file));
  }
}

async function sendPage(reply: FastifyReply, webDir: string, file: string): Promise<FastifyReply> {
  const isBuilt = await access(join(webDir, file)).then(
    () => true,
    () => false,
  );
  if (isBuilt) return reply.sendFile(file);
  return reply.code(503).header("cache-control", "no-store").type("text/html; charset=utf-8").send(NOT_BUILT);
}
