import { z } from "zod";
import { FRAME_CHECKS } from "./frame-checks.ts";
import { INDEX_CHECKS } from "./index-checks.ts";
import { QUALITY_CHECKS } from "./quality-checks.ts";
import { type Check, isConflict, numberAt, type Vector } from "./vector-file.ts";

/** What became of one vector. */
export interface Outcome {
  readonly vector: Vector;
  /** Agrees; or, where the vector is in conflict with the standard, differs as it must. */
  readonly isGood: boolean;
  readonly ours: unknown;
  /** Why nothing was computed. */
  readonly trouble?: string;
}

const CHECKS: Readonly<Record<string, Check>> = { ...INDEX_CHECKS, ...FRAME_CHECKS, ...QUALITY_CHECKS };

/** Which groups have a check. */
export const KNOWN_GROUPS: ReadonlySet<string> = new Set(Object.keys(CHECKS));

/** Runs one vector through the product's own code. */
export function runVector(vector: Vector): Outcome {
  const check = CHECKS[vector.group] ?? checkByInput(vector);
  if (check === undefined) return { vector, isGood: false, ours: undefined, trouble: "no check for this group" };
  try {
    const ours = check(vector);
    const isAgreed = agrees(ours, vector.expect);
    return { vector, ours, isGood: isConflict(vector) ? !isAgreed && isComputed(ours, vector.expect) : isAgreed };
  } catch (error) {
    return { vector, isGood: false, ours: undefined, trouble: String(error) };
  }
}

/** Whether there is something to compare: what could not be read differs from everything, and shows nothing. */
const isComputed = (ours: unknown, wanted: unknown): boolean =>
  ours !== null && ours !== undefined && (typeof wanted !== "number" || typeof ours === "number");

/** A group that we have not seen: its input may still say what it asks. */
function checkByInput({ group, input }: Vector): Check | undefined {
  const start = Object.keys(CHECKS).find((name) => group.startsWith(name));
  if (start !== undefined) return CHECKS[start];
  if (numberAt(input, "pm25_cf_atm") !== null) return CHECKS.purpleair_airnow_piecewise;
  return group.includes("aqi") && "pollutant" in input ? CHECKS.us_epa_aqi_2024 : undefined;
}

/** Printed with at least two decimals in mind: 1.45 stands for 1.445 to 1.455. */
const LEAST_DECIMALS = 2;

/** Whether ours is what is wanted; of an object only what is wanted is looked at, a number to its printed decimals. */
export function agrees(ours: unknown, wanted: unknown): boolean {
  if (typeof wanted === "string" && wanted.startsWith("reject")) return ours === "reject";
  if (typeof wanted === "number") return typeof ours === "number" && isNear(ours, wanted);
  if (Array.isArray(wanted)) {
    return Array.isArray(ours) && ours.length === wanted.length && wanted.every((one, i) => agrees(ours[i], one));
  }
  const members = z.record(z.string(), z.unknown()).safeParse(wanted);
  if (!members.success) return ours === wanted;
  const own = z.record(z.string(), z.unknown()).safeParse(ours);
  return own.success && Object.entries(members.data).every(([name, one]) => agrees(own.data[name], one));
}

function isNear(ours: number, wanted: number): boolean {
  if (!Number.isFinite(wanted)) return Object.is(ours, wanted);
  const decimals = Math.max(LEAST_DECIMALS, (String(wanted).split(".")[1] ?? "").length);
  return Math.abs(ours - wanted) <= 0.5 * 10 ** -decimals * (1 + 1e-9);
}

/** A line of the report. */
export function lineOf({ vector, isGood, ours, trouble }: Outcome): string {
  const { id, group, expect, note } = vector;
  const theirs = JSON.stringify(expect);
  const said = trouble ?? JSON.stringify(ours);
  if (!isConflict(vector)) return `FAILED ${group} ${id}: wanted ${theirs}, ours ${said}`;
  const verb = isGood ? "differs" : "FAILED (agrees with what contradicts the standard, or was not computed)";
  return `${verb} ${group} ${id}: published ${theirs}, ours ${said}: ${note ?? "in conflict with the standard"}`;
}
