import { createHash } from "node:crypto";
import type { VisitPhoto } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";

/** States of an "after" photo that somebody must act on. */
const DIRTY: readonly VisitPhoto["state"][] = ["overflow", "scattered"];

/** Whether a visit left its site dirty: the verdict of its last "after" photo counts. */
export function leftDirty(photos: readonly VisitPhoto[]): boolean {
  const after = photos.findLast(({ role }) => role === "after");
  return after !== undefined && DIRTY.includes(after.state);
}

/** The id of the alert of a visit: the same cause gives the same id, so it cannot be raised twice. */
export function alertIdOf({ tenant, device }: Address, visit: string): string {
  return createHash("sha256").update(`dirty-after/${tenant}/${device}/${visit}`).digest("base64url").slice(0, 22);
}
