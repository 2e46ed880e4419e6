import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkBundle } from "../../../firmware-config/check/check-bundle.ts";
import { PROFILE_NAMES } from "../../../firmware-config/profiles/profiles.ts";
import { bundleFiles } from "../../../firmware-config/provision/make-bundle.ts";
import { anOrder, laidOut, lies, NOW_MS, sensors } from "../provision/an-order.ts";

type Bundle = ReturnType<typeof laidOut>;
const CLAIM = "dvornik/root/etc/dvornik/claim";
const ENV = "dvornik/root/etc/dvornik/edge.env";
const UNIT = "dvornik/root/etc/systemd/system/dvornik-edge.service";
const RULES = "dvornik/root/etc/nftables.conf";
const AP = "dvornik/root/etc/NetworkManager/system-connections/dvornik-ap.nmconnection";
const NETWORKS = "dvornik/root/etc/NetworkManager";
const LTE = `${NETWORKS}/system-connections/dvornik-lte.nmconnection`;
const NAMES = `${NETWORKS}/dnsmasq-shared.d/dvornik.conf`;
const PAGE = "dvornik/root/etc/systemd/system/dvornik-page.socket";
const SYSCTL = "dvornik/root/etc/sysctl.d/60-dvornik.conf";
const SOFTWARE = "dvornik/software.tar.gz";
const SCRIPT = "dvornik/install.sh";
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
const put = (path: string, text: string) => (bundle: Bundle) => void bundle.set(path, lies(text));
const allow = (rule: string) => change(RULES, "    udp sport 67", `    ${rule}\n    udp sport 67`);
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
      /not of this profile/,
    ],
    [
      "rules that let a range of ports in",
      change(RULES, "    udp sport 67", "    tcp dport { 80, 1000-2000 } accept\n    udp sport 67"),
      RULES,
      /not of this profile/,
    ],
    [
      "rules that let all in",
      change(RULES, "    udp sport 67", "    accept\n    udp sport 67"),
      RULES,
      /not of this profile/,
    ],
    [
      "rules that pass things on",
      change(RULES, "hook forward priority filter; policy drop", "hook forward priority filter; policy accept"),
      RULES,
      /chain forward lacks/,
    ],
    [
      "phones that reach more than the page",
      change(RULES, "    udp sport 67", '    iifname "wlan0" tcp dport 22 accept\n    udp sport 67'),
      RULES,
      /not of this profile/,
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
    ["a program that was not copied", remove("dvornik/software.tar.gz"), "dvornik/software.tar.gz", /only a part/],
    ["a program that was cut short", change(SOFTWARE, "packed", "pack"), SOFTWARE, /cut short/],
    ["an empty script", change(SCRIPT, /^[\s\S]*$/, ""), SCRIPT, /cut short/],
    ["a script with Windows line ends", change(SCRIPT, /\n/g, "\r\n"), SCRIPT, /Windows/],
    ["a rule that lets a whole interface in", allow('iifname "eth0" accept'), RULES, /not of this profile/],
    ["a rule that lets every address in", allow("ip saddr 0.0.0.0/0 accept"), RULES, /not of this profile/],
    ["a rule that lets a protocol in", allow("meta l4proto tcp accept"), RULES, /not of this profile/],
    [
      "a forward chain that lets all pass",
      change(RULES, "policy drop;\n  }", "policy drop;\n    accept\n  }"),
      RULES,
      /chain forward: the rule "accept"/,
    ],
    ["a broker's port that is shut", change(RULES, "443, 8883", "443"), RULES, /a way is shut/],
    [
      "a password",
      change("user-data", '"lock_passwd"', '"plain_text_passwd": "1", "lock_passwd"'),
      "user-data",
      /Only a key/,
    ],
    [
      "logging in by password",
      change("user-data", '"ssh_pwauth": false', '"ssh_pwauth": true'),
      "user-data",
      /Only a key/,
    ],
    ["a unit that runs something else", change(UNIT, /ExecStart=.*/, "ExecStart=/nonexistent"), UNIT, /follows from/],
    ["a unit that nothing starts", change(UNIT, "WantedBy=multi-user.target", ""), UNIT, /follows from/],
    ["another device's settings", change(ENV, 'DEVICE="t-017"', 'DEVICE="t-018"'), ENV, /claim was made/],
    ["no page", remove(PAGE), PAGE, /only a part/],
    ["a Wi-Fi that is no access point", change(AP, "mode=ap", "mode=infrastructure"), AP, /own Wi-Fi is missing/],
    ["an unknown profile", change("dvornik/bundle.json", '"truck"', '"lorry"'), "dvornik/bundle.json", /damaged/],
    ["no modem's settings", remove(LTE), LTE, /only a part/],
    ["no names for phones", remove(NAMES), NAMES, /only a part/],
    ["a file changed by hand", change(SYSCTL, "panic = 10", "panic = 11"), SYSCTL, /changed by hand/],
    [
      "a file of somebody else's",
      put("dvornik/root/etc/cron.d/x", "* * * * *"),
      "dvornik/root/etc/cron.d/x",
      /not from provision/,
    ],
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

  it("takes user-data with Windows line ends, as cloud-init does", () => {
    const bundle = aTruck();
    change("user-data", /\n/g, "\r\n")(bundle);

    expect(checkBundle(bundle, NOW_MS)).toMatchObject([{ level: "warning", where: "user-data" }]);
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
