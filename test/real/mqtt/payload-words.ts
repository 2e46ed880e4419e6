const WORD = /'([^']*)'|(\S+)/g;
const NUMBER = /^([iHkmsLrv])(\d+)$/;
const HEXADECIMAL = /^(?:[0-9A-Fa-f]{2})+$/;

/**
 * The bytes that a payload of the sequences' format stands for: hexadecimal bytes, numbers with a letter for their width,
 * and quoted text. Throws `TypeError` at a word that is none of them.
 */
export function bytesOfWords(words: string): Buffer {
  return Buffer.concat(
    [...words.matchAll(WORD)].map(([, text, word]) =>
      text === undefined ? bytesOfWord(word ?? "") : Buffer.from(text),
    ),
  );
}

function bytesOfWord(word: string): Buffer {
  const [, width, digits] = NUMBER.exec(word) ?? [];
  const number = Number(digits);
  switch (width) {
    case "i":
      return Buffer.from([number]);
    case "L":
      return bigEndian(number, 4);
    case "r":
    case "v":
      return variableLength(number);
    case undefined:
      if (!HEXADECIMAL.test(word)) throw new TypeError(`not a word of a payload: ${word}`);
      return Buffer.from(word, "hex");
    default:
      return bigEndian(number, 2);
  }
}

function bigEndian(number: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(number, 0, size);
  return bytes;
}

/** MQTT's variable-length integer; longer than the four bytes that are allowed when the number asks for it. */
export function variableLength(number: number): Buffer {
  const bytes: number[] = [];
  let left = number;
  do {
    const more = Math.floor(left / 128);
    bytes.push((left % 128) | (more > 0 ? 0x80 : 0));
    left = more;
  } while (left > 0);
  return Buffer.from(bytes);
}
