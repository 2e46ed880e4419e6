import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkBundle } from "../../../firmware-config/check/check-bundle.ts";
import { PROFILE_NAMES } from "../../../firmware-config/profiles/profiles.ts";
import { bundleFiles } from "../../../firmware-config/provision/make-bundle.ts";
import { anOrder, laidOut, NOW_MS, sensors } from "../provision/an-order.ts";

type Bundle = ReturnType<typeof laidOut>;
const CLAIM = "dvornik/root/etc/dvornik/claim";
const ENV = "dvornik/root/etc/dvornik/edge.env";
const UNIT = "dvornik/root/etc/systemd/system/dvornik-edge.service";
const RULES = "dvornik/root/etc/nftables.conf";
const AP = "dvornik/root/etc/NetworkManager/system-connections/dvornik-ap.nmconnection";
const CA = "dvornik/root/etc/dvornik/ca.pem";

/** Of nobody, until 2026-11-23. */
const SHORT_LIVED = `-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIUIIM26QMHixexzIBJZRJgRkRBq+0wCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDb2xkMB4XDTI2MTEyMjIwMTg0OVoXDTI2MTEyMzIwMTg0OVow
DjEMMAoGA1UEAwwDb2xkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENEuN79zj
AjBtW072vuun01YQSZUZ8dq3TJ2o+oWGiI187MtxMIl1ywquntedseoTKJO2SNhk
hulW5BsB3dqfNqNTMFEwHQYDVR0OBBYEFBDGBcovNSut+Y6rWfIiaaKuYQuuMB8G
A1UdIwQYMBaAFBDGBcovNSut+Y6rWfIiaaKuYQuuMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIhAKVo7JOnVxZhQcfz0SF0L5gLc5ga/ZdWz5S/Tp2z
Uo13AiB80ulFFuE6U5IEAhNDmGQp3KJsyGVgFI39vt/vsKKfiw==
-----END CERTIFICATE-----`;

const aTruck = () => laidOut(bundleFiles(anOrder("truck", sensors("bme280,gps,sds011"))));
/** Puts something else in the place of a text that is there. */
function change(path: string, from: string | RegExp, to: string): (bundle: Bundle) => void {
  return (bundle) => {
    const file = bundle.get(path);
    if (file === undefined || file.text.replace(from, to) === file.text) throw new Error(`${path} has no ${from}`);
    file.text = file.text.replace(from, to);
  };
}
const put =
  (path: string, text: string, mode = 0o644) =>
  (bundle: Bundle) =>
    void bundle.set(path, { text, mode, bytes: text.length });
const remove = (path: string) => (bundle: Bundle) => void bundle.delete(path);
const open = (path: string) => (bundle: Bundle) => {
  const file = bundle.get(path);
  if (file !== undefined) file.mode = 0o644;
};

describe("provision:check", () => {
  it("finds nothing wrong with what provision makes", () => {
    expect(checkBundle(aTruck(), NOW_MS)).toEqual([]);
  });

  it.each<readonly [string, (bundle: Bundle) => void, string, RegExp]>([
    ["an unknown setting", change(ENV, "TENANT=", 'COLOUR="red"\nTENANT='), ENV, /no setting COLOUR/],
    [
      "a setting that the program refuses",
      change(ENV, 'READING_EVERY_S="60"', 'READING_EVERY_S="often"'),
      ENV,
      /READING_EVERY_S/,
    ],
    ["settings that are no settings", change(ENV, "TENANT=", "tenant: "), ENV, /not of the form/],
    ["an address without TLS", change(ENV, "https://cloud", "http://cloud"), ENV, /without TLS/],
    ["a broker without TLS", change(ENV, "mqtts://", "mqtt://"), ENV, /BROKER_URL/],
    ["no settings", remove(ENV), ENV, /missing/],
    [
      "an overlay that is missing",
      change("dvornik/config.txt", /dtoverlay=i2c-sensor.*\n/, ""),
      "dvornik/config.txt",
      /bme280.*missing/,
    ],
    [
      "an overlay of no sensor",
      change("dvornik/config.txt", "[all]", "[all]\ndtoverlay=i2c-sensor,sps30"),
      "dvornik/config.txt",
      /names no such sensor/,
    ],
    ["no hardware watchdog", change("dvornik/config.txt", "dtparam=watchdog=on", ""), "dvornik/config.txt", /watchdog/],
    ["a sensor without its setting", change(ENV, /SDS011=.*\n/, ""), ENV, /setting SDS011 is missing/],
    [
      "a setting without its sensor",
      change(ENV, "SDS011=", 'SPS30="serial:/dev/ttyUSB3"\nSDS011='),
      ENV,
      /SPS30 is set/,
    ],
    [
      "a private key",
      put("dvornik/root/etc/dvornik/x.pem", "-----BEGIN EC PRIVATE KEY-----\n"),
      "dvornik/root/etc/dvornik/x.pem",
      /private key/,
    ],
    [
      "a key in user-data",
      change("user-data", "#cloud-config", "#cloud-config\n# -----BEGIN OPENSSH PRIVATE KEY-----"),
      "user-data",
      /private key/,
    ],
    ["a claim that others can read", open(CLAIM), CLAIM, /Others can read/],
    ["a passphrase that others can read", open(AP), AP, /chmod 600/],
    ["a claim that lies about", put("notes.txt", "c".repeat(43)), "notes.txt", /repeated here/],
    ["a damaged claim", change(CLAIM, "ccc", "c c"), CLAIM, /no claim, or it is damaged/],
    [
      "an expired claim",
      change("dvornik/bundle.json", /"claimExpiresAt": \d+/, '"claimExpiresAt": 1000'),
      CLAIM,
      /expired at 1970/,
    ],
    ["a unit that is not shut in", change(UNIT, "ProtectSystem=strict", ""), UNIT, /ProtectSystem/],
    [
      "a unit that a later line opens",
      change(UNIT, "NoNewPrivileges=yes", "NoNewPrivileges=yes\nNoNewPrivileges=no"),
      UNIT,
      /NoNewPrivileges=no/,
    ],
    ["a unit without a memory limit", change(UNIT, /MemoryMax=.*/, ""), UNIT, /MemoryMax/],
    ["a unit without a watchdog", change(UNIT, /WatchdogSec=.*/, ""), UNIT, /WatchdogSec/],
    ["no unit", remove(UNIT), UNIT, /unit of the program itself/],
    [
      "rules that let MQTT in",
      change(RULES, "    udp sport 67", "    tcp dport 8883 accept\n    udp sport 67"),
      RULES,
      /reach MQTT/,
    ],
    [
      "rules that let a range of ports in",
      change(RULES, "    udp sport 67", "    tcp dport { 80, 1000-2000 } accept\n    udp sport 67"),
      RULES,
      /reach MQTT/,
    ],
    [
      "rules that let all in",
      change(RULES, "    udp sport 67", "    accept\n    udp sport 67"),
      RULES,
      /lets everybody in/,
    ],
    [
      "rules that pass things on",
      change(RULES, "hook forward priority filter; policy drop", "hook forward priority filter; policy accept"),
      RULES,
      /chain forward/,
    ],
    [
      "phones that reach more than the page",
      change(RULES, "    udp sport 67", '    iifname "wlan0" tcp dport 22 accept\n    udp sport 67'),
      RULES,
      /its page alone/,
    ],
    ["no rules", remove(RULES), RULES, /missing/],
    ["a Wi-Fi without a passphrase", change(AP, /psk=.*/, ""), AP, /anybody could join/],
    ["an open Wi-Fi", change(AP, "key-mgmt=wpa-psk", "key-mgmt=none"), AP, /anybody could join/],
    ["no Wi-Fi", remove(AP), AP, /own Wi-Fi is missing/],
    ["user-data without its first line", change("user-data", "#cloud-config\n", ""), "user-data", /first line/],
    ["user-data that is no YAML", change("user-data", '"hostname": ', '"hostname" '), "user-data", /not of the form/],
    ["user-data that installs nothing", change("user-data", "--no-block", "x"), "user-data", /is not run/],
    ["another host's user-data", change("user-data", "t-017", "t-018"), "user-data", /host's name/],
    ["damaged meta-data", put("meta-data", "{"), "meta-data", /not of the form/],
    ["an authority that cannot be read", put(CA, "-----BEGIN CERTIFICATE-----\nx"), CA, /cannot be read/],
    ["no program", remove("dvornik/software.tar.gz"), "dvornik/software.tar.gz", /not in the bundle/],
    ["GPS without its packages", remove("dvornik/debs/gpsd.deb"), "dvornik/debs", /gpsd/],
    ["no bundle.json", remove("dvornik/bundle.json"), "dvornik/bundle.json", /no device's bundle/],
    ["a damaged bundle.json", put("dvornik/bundle.json", '{"v":2}'), "dvornik/bundle.json", /damaged/],
  ])("says of %s what is wrong, in both languages", (_, spoil, where, words) => {
    const bundle = aTruck();
    spoil(bundle);

    const found = checkBundle(bundle, NOW_MS).find((finding) => finding.where === where && words.test(finding.en));

    expect(found).toMatchObject({ en: expect.stringMatching(words), ru: expect.stringMatching(/[а-яё]{2}/i) });
  });

  it("knows when the authority ends", () => {
    const bundle = aTruck();
    put(CA, SHORT_LIVED)(bundle);
    const said = (nowMs: number) => checkBundle(bundle, nowMs).filter(({ where }) => where === CA);

    expect(said(NOW_MS)).toMatchObject([{ level: "warning", en: expect.stringContaining("expires at 2026-11-23") }]);
    expect(said(NOW_MS + 30 * 86_400_000)).toMatchObject([{ level: "error", en: expect.stringContaining("expired") }]);
  });

  it("lets a gateway's devices in, and nobody else's anything", () => {
    const bundle = laidOut(bundleFiles(anOrder("village-gateway")));
    change(RULES, "    udp sport 67", "    tcp dport 1883 accept\n    udp sport 67")(bundle);

    expect(checkBundle(bundle, NOW_MS).map(({ en }) => en)).toEqual([expect.stringContaining("tcp dport 1883")]);
  });

  it("never fails, whatever is done to a bundle", () => {
    const names = PROFILE_NAMES.flatMap((name) => bundleFiles(anOrder(name)).map(({ path }) => path));
    const harm = fc.record({
      path: fc.constantFrom(...names),
      how: fc.constantFrom("remove", "cut", "put", "repeat", "replace"),
      at: fc.nat(4_000),
      text: fc.oneof(
        fc.string(),
        fc.string({ unit: "binary" }),
        fc.json(),
        fc.constantFrom("{", "\0", "=", "\n[", "9e999"),
      ),
    });

    fc.assert(
      fc.property(fc.constantFrom(...PROFILE_NAMES), fc.array(harm, { maxLength: 6 }), (name, harms) => {
        const bundle = laidOut(bundleFiles(anOrder(name)));
        for (const { path, how, at, text } of harms) {
          const file = bundle.get(path);
          if (file === undefined) continue;
          if (how === "remove") bundle.delete(path);
          if (how === "cut") file.text = file.text.slice(0, at);
          if (how === "put") file.text = file.text.slice(0, at) + text + file.text.slice(at);
          if (how === "repeat") file.text += file.text;
          if (how === "replace") file.text = text;
        }
        expect(Array.isArray(checkBundle(bundle, NOW_MS))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
