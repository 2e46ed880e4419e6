/** A camera that `--list-cameras` names. */
export interface ListedCamera {
  readonly index: number;
  /** Sensor and size, for a person. */
  readonly name: string;
}

/**
 * Reads what `rpicam-still --list-cameras` prints: `0 : imx708 [4608x2592 10-bit RGGB] (/base/…/imx708@1a)` and its
 * modes, or `No cameras available!`. Source: rpicam-apps `core/options.cpp`.
 */
export function parseCameraList(text: string): readonly ListedCamera[] {
  return [...text.matchAll(/^(\d+) : (\S+) \[(\d+x\d+)?/gm)].map(([, index, sensor, size]) => ({
    index: Number(index),
    name: size === undefined ? `${sensor}` : `${sensor} ${size}`,
  }));
}
