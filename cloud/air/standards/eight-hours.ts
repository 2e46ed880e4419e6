import { standards } from "./all-standards.ts";

/** Substances that some standard judges by a mean of 8 hours (ozone; carbon monoxide in the USA and India). */
export const judgedOverEightHours: ReadonlySet<string> = new Set(
  standards.flatMap(({ tables }) =>
    tables.flatMap(({ averaging, pollutant }) => (averaging === "8h" ? [pollutant] : [])),
  ),
);
