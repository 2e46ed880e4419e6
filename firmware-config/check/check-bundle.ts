import { readAbout } from "./about.ts";
import { checkAccess } from "./check-access.ts";
import { checkBoot } from "./check-boot.ts";
import { checkFiles } from "./check-files.ts";
import { checkFirewall } from "./check-firewall.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkSettings } from "./check-settings.ts";
import { checkUnits } from "./check-units.ts";
import type { Finding } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

/** All that is wrong with a bundle, in plain words; nothing where a device will come up with it. Pure. */
export function checkBundle(bundle: FoundBundle, nowMs: number): readonly Finding[] {
  const read = readAbout(bundle);
  if ("fault" in read) return [read.fault, ...checkSecrets(bundle, undefined, nowMs)];
  const { about } = read;
  const known = [
    ...checkSecrets(bundle, about, nowMs),
    ...checkSettings(bundle, about),
    ...checkBoot(bundle, about),
    ...checkUnits(bundle, about),
    ...checkFirewall(bundle, about),
    ...checkAccess(bundle, about),
  ];
  // Who says what is wrong with a file need not say also that it was changed.
  const isSaid = ({ where, level }: Finding) =>
    known.some((other) => other.where === where && (other.level === "error" || level === "warning"));
  return [...known, ...checkFiles(bundle, about).filter((finding) => !isSaid(finding))];
}
