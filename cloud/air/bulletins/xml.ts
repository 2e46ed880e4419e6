/** What is read of XML: elements with their text and children; attributes only where they declare a namespace. */
export interface Element {
  /** Local name. */
  readonly name: string;
  readonly namespace: string;
  readonly text: string;
  readonly children: readonly Element[];
}

/** The text is no XML that we read. */
export class BadXml extends Error {}

/** Far more than a bulletin has. */
const LIMITS = { characters: 262_144, elements: 4_000, depth: 16 } as const;

const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const NAME = "[A-Za-z_][\\w.-]*";
const OPEN = new RegExp(`^<(?:(${NAME}):)?(${NAME})((?:\\s+[\\w:.-]+\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`);
const CLOSE = new RegExp(`^</(?:(${NAME}):)?(${NAME})\\s*>`);
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const DECLARATION = /^\uFEFF?<\?xml\s+version\s*=\s*["']1\.[01]["'](?:\s+encoding\s*=\s*["']([\w-]+)["'])?[^?<>]*\?>/;

interface Begun {
  readonly prefix: string | undefined;
  readonly name: string;
  readonly scope: ReadonlyMap<string, string>;
  readonly children: Element[];
  readonly texts: string[];
}

/**
 * Reads a small document strictly and in bounded time. There is no document type, no entity but the five of XML, no
 * processing instruction: what could make a reader fetch or grow anything is refused, not skipped. Throws `BadXml`.
 */
export function readXml(source: string): Element {
  if (source.length > LIMITS.characters) throw new BadXml("the document is too long");
  const declared = DECLARATION.exec(source);
  const encoding = declared?.[1]?.toLowerCase() ?? "utf-8";
  if (encoding !== "utf-8" && encoding !== "us-ascii")
    throw new BadXml(`encoding ${encoding} is not taken, only UTF-8`);
  const open: Begun[] = [];
  let root: Element | undefined;
  let elements = 0;
  let at = declared?.[0].length ?? (source.startsWith("\uFEFF") ? 1 : 0);

  const finish = (done: Begun): void => {
    const element = elementOf(done);
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  };

  while (at < source.length) {
    const next = source.indexOf("<", at);
    const end = next < 0 ? source.length : next;
    takeText(source.slice(at, end), open.at(-1));
    if (next < 0) break;
    if (source.startsWith("<!--", next)) {
      at = after(source, "-->", next + 4);
      continue;
    }
    if (source.startsWith("<![CDATA[", next)) {
      const stop = after(source, "]]>", next + 9);
      const holder = open.at(-1);
      if (holder === undefined) throw new BadXml("text outside of the document's element");
      holder.texts.push(source.slice(next + 9, stop - 3));
      at = stop;
      continue;
    }
    const tag = source.slice(next, Math.min(source.length, tagEnd(source, next)));
    const closing = CLOSE.exec(tag);
    if (closing !== null) {
      const begun = open.pop();
      if (begun === undefined || begun.name !== closing[2] || begun.prefix !== closing[1]) {
        throw new BadXml(`</${closing[2]}> closes nothing`);
      }
      finish(begun);
      at = next + closing[0].length;
      continue;
    }
    const opening = OPEN.exec(tag);
    if (opening === null) throw new BadXml(refusalOf(tag));
    elements += 1;
    if (root !== undefined) throw new BadXml("there is more than one document element");
    if (elements > LIMITS.elements) throw new BadXml("there are too many elements");
    if (open.length >= LIMITS.depth) throw new BadXml("elements are nested too deep");
    const begun = beginOf(opening, open.at(-1)?.scope);
    if (opening[4] === "/") finish(begun);
    else open.push(begun);
    at = next + opening[0].length;
  }
  if (open.length > 0 || root === undefined) throw new BadXml("the document ends in its middle");
  return root;
}

function refusalOf(tag: string): string {
  if (tag.startsWith("<!")) return "document types and entities are not taken";
  if (tag.startsWith("<?")) return "processing instructions are not taken";
  return `${JSON.stringify(tag.slice(0, 40))} is no element`;
}

function after(source: string, mark: string, from: number): number {
  const found = source.indexOf(mark, from);
  if (found < 0) throw new BadXml("the document ends in its middle");
  return found + mark.length;
}

function tagEnd(source: string, from: number): number {
  let quote = "";
  for (let at = from; at < source.length; at += 1) {
    const character = source[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === ">") return at + 1;
  }
  throw new BadXml("the document ends in its middle");
}

function beginOf(opening: RegExpExecArray, outer: ReadonlyMap<string, string> = new Map()): Begun {
  const [, prefix, name = "", attributes = ""] = opening;
  const declared = [...attributes.matchAll(ATTRIBUTE)].flatMap(
    ([, attribute = "", double, single]): [string, string][] => {
      if (attribute === "xmlns") return [["", double ?? single ?? ""]];
      return attribute.startsWith("xmlns:") ? [[attribute.slice(6), double ?? single ?? ""]] : [];
    },
  );
  const scope = declared.length === 0 ? outer : new Map([...outer, ...declared]);
  if (prefix !== undefined && !scope.has(prefix)) throw new BadXml(`the prefix ${prefix} is not declared`);
  return { prefix, name, scope, children: [], texts: [] };
}

const elementOf = ({ prefix, name, scope, children, texts }: Begun): Element => ({
  name,
  namespace: scope.get(prefix ?? "") ?? "",
  text: texts.join("").trim(),
  children,
});

function takeText(raw: string, holder: Begun | undefined): void {
  if (holder !== undefined) holder.texts.push(decoded(raw));
  else if (raw.trim() !== "") throw new BadXml("text outside of the document's element");
}

function decoded(raw: string): string {
  if (hasControl(raw)) throw new BadXml("a control character");
  return raw.replace(/&([^;&\s]{0,12});?/g, (whole, name: string) => {
    const character = whole.endsWith(";") ? (NAMED[name] ?? numbered(name)) : undefined;
    if (character === undefined) throw new BadXml(`${JSON.stringify(whole)}: only the five entities of XML are taken`);
    return character;
  });
}

function numbered(name: string): string | undefined {
  const digits = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
  if (digits === null) return undefined;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  const isCharacter = code >= 0x20 || code === 9 || code === 10 || code === 13;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return isCharacter && !isSurrogate && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

const hasControl = (text: string): boolean =>
  Array.from(text).some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 && code !== 9 && code !== 10 && code !== 13;
  });
