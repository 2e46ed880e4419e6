/** One file of a bundle. */
export interface BundleFile {
  /** From the bundle's folder. Below `dvornik/root/` lies what goes to the same place of the device. */
  readonly path: string;
  readonly text: string;
  /** It holds a claim or a passphrase: readable by its owner alone, here and on the device. */
  readonly isSecret?: boolean;
  readonly isProgram?: boolean;
}

/** A file of the device. */
export const deviceFile = (path: string, text: string, isSecret = false): BundleFile => ({
  path: `dvornik/root${path}`,
  text,
  isSecret,
});
