/** Cuts a stream of bytes into lines. */
export interface LineSplitter {
  /** The lines that these bytes complete, without their ends and without empty ones. */
  push(bytes: Uint8Array): readonly string[];
  /** Lines that were thrown away because they had no end, since the start. */
  readonly tooLong: number;
  reset(): void;
}

const NEWLINE = 0x0a;

/** A splitter that holds at most `mostBytes` of a line; a longer one is thrown away up to its end. */
export function createLineSplitter(mostBytes: number): LineSplitter {
  let pending: Buffer = Buffer.alloc(0);
  let isSkipping = false;
  let tooLong = 0;

  function push(bytes: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let rest: Buffer = Buffer.concat([pending, bytes]);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      if (!isSkipping && line.length > mostBytes) tooLong += 1;
      else if (!isSkipping && line.length > 0) lines.push(line.toString("utf8").trim());
      isSkipping = false;
    }
    if (rest.length > mostBytes) {
      if (!isSkipping) tooLong += 1;
      isSkipping = true;
      rest = Buffer.alloc(0);
    }
    pending = Buffer.from(rest);
    return lines.filter((line) => line !== "");
  }

  return {
    push,
    get tooLong() {
      return tooLong;
    },
    reset: () => {
      pending = Buffer.alloc(0);
      isSkipping = false;
    },
  };
}
