/** Whether two channels of one device contradict each other: USEPA sensortoolkit, `_purpleair_abcleaning.py`. */
export function doChannelsDisagree(a: number, b: number): boolean {
  const difference = Math.abs(a - b);
  return difference > 5 && 2 * difference > 0.7 * (a + b);
}
