import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadCap, readCap } from "../../../../cloud/air/bulletins/cap.ts";
import { BadXml, readXml } from "../../../../cloud/air/bulletins/xml.ts";

const read = (xml: string) => readCap(Buffer.from(xml));

const CAP = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <!-- as an office sends it -->
  <identifier>chel-nmu-2026-17</identifier>
  <sender>info@chelpogoda.ru</sender>
  <sent>2026-11-22T09:00:00+05:00</sent>
  <status>Actual</status>
  <msgType>Alert</msgType>
  <scope>Public</scope>
  <info>
    <language>en-GB</language><event>Adverse</event><headline>Adverse conditions</headline>
    <area><areaDesc>Chelyabinsk</areaDesc></area>
  </info>
  <info>
    <language>ru-RU</language>
    <category>Met</category>
    <event>НМУ</event>
    <onset>2026-11-22T19:00:00+05:00</onset>
    <expires>2026-11-24T19:00:00+05:00</expires>
    <headline>НМУ первой степени</headline>
    <description><![CDATA[Ожидается штиль & инверсия <ночью>]]></description>
    <instruction>Сократить &quot;пыление&quot; &#x2014; на 15&#45;20 %</instruction>
    <parameter><valueName>nmu-degree</valueName><value>1</value></parameter>
    <area><areaDesc>Челябинск</areaDesc></area>
    <area><areaDesc>Копейск</areaDesc></area>
  </info>
</alert>`;

describe("a CAP message", () => {
  it("is carried word for word, in Russian where it has it", () => {
    expect(read(CAP)).toEqual({
      identifier: "chel-nmu-2026-17",
      sender: "info@chelpogoda.ru",
      sent: "2026-11-22T09:00:00+05:00",
      msgType: "alert",
      references: [],
      degree: 1,
      headline: "НМУ первой степени",
      description: "Ожидается штиль & инверсия <ночью>",
      instruction: 'Сократить "пыление" — на 15-20 %',
      area: "Челябинск; Копейск",
      onset: "2026-11-22T19:00:00+05:00",
      expires: "2026-11-24T19:00:00+05:00",
      web: null,
      language: "ru-RU",
    });
  });

  it("may have prefixes, and no degree is made up where it says none in so many words", () => {
    const prefixed = CAP.replaceAll(/<(\/?)([a-zA-Z])/g, "<$1cap:$2").replace(" xmlns=", " xmlns:cap=");

    expect(read(prefixed).identifier).toBe("chel-nmu-2026-17");
    expect(read(CAP.replace("<value>1</value>", "<value>первая</value>")).degree).toBeNull();
  });

  it("that updates or cancels says what, and a cancellation needs no words", () => {
    const cancel = CAP.replace("<msgType>Alert", "<msgType>Cancel")
      .replace(
        "</scope>",
        "</scope><references>info@chelpogoda.ru,chel-nmu-2026-16,2026-11-20T09:00:00-00:00</references>",
      )
      .replace(/<info>[\s\S]*<\/info>/, "");

    expect(read(cancel)).toMatchObject({
      msgType: "cancel",
      references: [{ sender: "info@chelpogoda.ru", identifier: "chel-nmu-2026-16", sent: "2026-11-20T09:00:00+00:00" }],
    });
    expect(() => read(CAP.replace("<msgType>Alert", "<msgType>Update"))).toThrow(/which message it is about/);
  });

  it.each([
    ["a test", CAP.replace("Actual", "Exercise")],
    ["a private one", CAP.replace("<scope>Public", "<scope>Private")],
    ["an acknowledgement", CAP.replace("<msgType>Alert", "<msgType>Ack")],
    ["another namespace", CAP.replace("cap:1.2", "cap:1.1")],
    ["no time", CAP.replace(/<sent>.*<\/sent>/, "")],
    ["a day that is none", CAP.replace("2026-11-22T09", "2026-02-30T09")],
    ["an end before its beginning", CAP.replace("2026-11-24T19", "2026-11-21T19")],
    ["a name with spaces", CAP.replace("chel-nmu-2026-17", "chel nmu")],
    ["no area", CAP.replaceAll(/<area>.*<\/area>/g, "")],
    ["a script for a link", CAP.replace("<area>", "<web>javascript:alert(1)</web><area>").replace("en-GB", "ru")],
    ["another document", "<html/>"],
  ])("is refused when it is %s", (_, xml) => {
    expect(() => read(xml)).toThrow(BadCap);
  });

  it("is refused when it is not UTF-8", () => {
    expect(() => readCap(Buffer.from([0x3c, 0xff, 0xfe]))).toThrow(BadCap);
  });
});

describe("hostile XML", () => {
  it.each([
    ["entities that grow", '<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>'],
    ["a file of this machine", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ["an unknown entity", "<a>&nbsp;</a>"],
    ["an ampersand alone", "<a>a & b</a>"],
    ["a NUL by its number", "<a>&#0;</a>"],
    ["half of a pair by its number", "<a>&#xD800;</a>"],
    ["a processing instruction", "<a><?php echo 1 ?></a>"],
    ["a second element", "<a/><b/>"],
    ["text around it", "<a/>more"],
    ["crossed elements", "<a><b></a></b>"],
    ["no end", "<a><b></b>"],
    ["an undeclared prefix", "<x:a/>"],
    ["another encoding", '<?xml version="1.0" encoding="UTF-7"?><a/>'],
    ["a control character", "<a>\u0007</a>"],
    ["a markup in an attribute", '<a b="<c>"/>'],
    ["depth", `${"<a>".repeat(17)}${"</a>".repeat(17)}`],
    ["many elements", `<a>${"<b/>".repeat(4_001)}</a>`],
    ["length", `<a>${"x".repeat(262_144)}</a>`],
    ["an unclosed comment", "<a><!-- "],
    ["nothing", ""],
  ])("with %s is refused", (_, xml) => {
    expect(() => readXml(xml)).toThrow(BadXml);
  });

  it("of any characters is read or refused, never anything else, and soon", () => {
    const pieces = fc.constantFrom(
      "<",
      ">",
      "/",
      "a",
      "b:",
      "&amp;",
      "&",
      ";",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "'",
      '"',
      "=",
      " ",
      "xmlns",
      "<?xml",
      "\u{1F525}",
    );
    const startedMs = performance.now();

    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        try {
          readXml(`<a>${parts.join("")}</a>`);
        } catch (error) {
          expect(error).toBeInstanceOf(BadXml);
        }
      }),
      { numRuns: 3_000 },
    );
    fc.assert(
      fc.property(fc.nat(CAP.length - 1), fc.constantFrom("<", ">", "&", "", "\u0000", "]]>"), (at, change) => {
        try {
          read(CAP.slice(0, at) + change + CAP.slice(at + 1));
        } catch (error) {
          expect(error).toBeInstanceOf(BadCap);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(performance.now() - startedMs).toBeLessThan(60_000);
  });

  it("made to be slow is not", () => {
    const startedMs = performance.now();

    for (const xml of [
      `<a ${'b="c" '.repeat(40_000)}`,
      `<a>${"<".repeat(200_000)}`,
      `<a${" ".repeat(250_000)}`,
      `<a>${"&".repeat(200_000)}`,
    ]) {
      expect(() => readXml(xml)).toThrow(BadXml);
    }

    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it("keeps what is text as text", () => {
    const safe = fc.string().map((text) =>
      Array.from(text)
        .filter((c) => c >= " " && c !== "\uFEFF")
        .join(""),
    );
    fc.assert(
      fc.property(safe, (text) => {
        const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
        expect(readXml(`<a>${escaped}</a>`).text).toBe(text.trim());
      }),
    );
  });
});
