/** The probability that a photo shows a screen or a print, or null where that cannot be told. */
export async function likelihoodOfScreen(_jpeg: Uint8Array): Promise<number | null> {
  return null;
}
