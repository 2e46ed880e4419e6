/** Under which terms the data are given. */
export const LICENCE = { name: "CC BY 4.0", url: "https://creativecommons.org/licenses/by/4.0/" } as const;

/** Who is to be named; the operator's own name is a setting. */
export const attributionOf = (operator: string): string => `${operator}, air data, ${LICENCE.name} (${LICENCE.url})`;
