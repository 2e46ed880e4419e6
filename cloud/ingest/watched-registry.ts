import { messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { type RegistryWatch, watchRegistry } from "../registry/watch-registry.ts";
import type { HealthLine } from "./worker-side.ts";

/** Watches the registry for a group: a broken file is told and logged, a new one starts a replay. */
export function watchForGroup(
  file: string,
  onChange: () => void,
  { health, log }: { readonly health: HealthLine; readonly log: Logger },
): Promise<RegistryWatch> {
  return watchRegistry(file, {
    onChange: () => {
      health.trouble("registry", null);
      log.info({ event: "registry.changed" }, "the registry has changed");
      onChange();
    },
    onTrouble: (error) => {
      health.trouble("registry", messageOf(error));
      log.error({ event: "registry.broken", err: error }, "the registry is broken; the old one stays in force");
    },
  });
}
