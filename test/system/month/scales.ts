import type { MonthScale } from "./run-month.ts";

const MIB = 1024 * 1024;

/** 40 sites a day, two photos of 120 KiB each: 0.28 GiB in a month, through 64 MiB. */
export const SHORT_MONTH: MonthScale = { visitsPerDay: 40, photoBytes: 120 * 1024, outboxBytes: 64 * MIB };

/** 80 sites a day, two photos of 150 KiB each: the 0.7 GiB of a busy truck. */
export const LONG_MONTH: MonthScale = { visitsPerDay: 80, photoBytes: 150 * 1024, outboxBytes: 64 * MIB };
