import { z } from "zod";
import type { Resolution } from "../../store/measurements/air-windows.ts";

const Days = z.number().min(0);

/** How many days points and averages are kept; 0 is for ever. */
export const Retention = z.object({ raw: Days, m1: Days, m20: Days, h1: Days, d1: Days });
export type Retention = z.infer<typeof Retention>;

const DAY_MS = 86_400_000;

/** From when on something is kept, UTC ms. */
export const keptSince = (retention: Retention, what: "raw" | Resolution, nowMs: number): number =>
  retention[what] === 0 ? 0 : Math.max(0, nowMs - retention[what] * DAY_MS);

/** Nothing is ever deleted. */
export const FOR_EVER: Retention = { raw: 0, m1: 0, m20: 0, h1: 0, d1: 0 };
