/** What a camera's program gets to see. */
export type ProgramEnvironment = Readonly<Record<string, string | undefined>>;

/** What programs need of an environment: where they and their files are, and libcamera's own settings. */
export function programEnvironment(environment: ProgramEnvironment): ProgramEnvironment {
  const given = Object.entries(environment).filter(([name]) =>
    /^(PATH|HOME|LD_LIBRARY_PATH|LIBCAMERA_\w+)$/.test(name),
  );
  // What they complain of is read: in English.
  return { ...Object.fromEntries(given), LC_ALL: "C" };
}
