import { randomInt } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { systemClock } from "#kit/clock.ts";
import { hashFile } from "#kit/hash-file.ts";
import { runCommand } from "#kit/run-command.ts";
import { ADMIN_OPTIONS } from "./admin-client.ts";
import { bundleProgram } from "./bundle/bundle-program.ts";
import { ARCHES, type Arch } from "./bundle/install-packages.ts";
import { packFolder } from "./bundle/tar.ts";
import { checkBundle } from "./check/check-bundle.ts";
import { textOfFindings } from "./check/finding.ts";
import { readBundle } from "./check/read-bundle.ts";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "./profiles/profiles.ts";
import { addPackages, requireSoftware } from "./provision/carried-files.ts";
import { askForClaim, readClaimFile } from "./provision/claim-for.ts";
import { bundleFiles } from "./provision/make-bundle.ts";
import { CLOCK_CHIPS, type FileRecord, Order } from "./provision/order.ts";
import { SENSOR_NAMES, SensorList } from "./provision/sensors.ts";
import { makeFolder, writeBundle } from "./provision/write-bundle.ts";

const profileLines = PROFILE_NAMES.map((name) => `    ${name.padEnd(16)} ${PROFILES[name].title}`).join("\n");
const HELP = `Makes all that a device needs at its first start: copy it onto the card's first partition.

  npm run -s provision -- --profile truck --device t-017 --tenant chel --cloud https://cloud.example \\
    --admin-token-file FILE --out DIR

  --profile NAME
${profileLines}
  --device, --tenant NAME      who it is
  --cloud URL                  the cloud, where it gets its certificate
  --broker URL                 where it sends [mqtts://HOST-OF-THE-CLOUD:8883]
  --admin-token-file FILE      asks the cloud for a claim (good for --hours N [72]); or
  --claim-file FILE            a claim that client:claim has made
  --sensors LIST               ${SENSOR_NAMES.join(", ")};
                               NAME@ADDRESS where it is not the usual one: bme280@0x77,sds011@serial:/dev/ttyUSB1 [the profile's]
  --ca FILE                    authority of the cloud's and the broker's certificates, if private
  --update-key KEY             whose updates it takes (npm run -s update:key); may be given again
  --ssid, --country RU         its own Wi-Fi [Dvornik DEVICE]
  --passphrase-file FILE       that Wi-Fi's passphrase, for a device that has one on its housing [drawn anew]
  --wifi-ssid NAME --wifi-passphrase-file FILE   a Wi-Fi that it shall use
  --apn NAME                   of its modem's network [as the operator says]
  --timezone ZONE              [Asia/Yekaterinburg]
  --ntp HOST,HOST              servers of the time [the cloud's host]: before it has one, a device without a clock
                               takes no certificate for good
  --rtc CHIP                   a clock with a battery at I2C: ${CLOCK_CHIPS.join(", ")}
  --name HOST,ADDRESS          what else a gateway's devices call it by [NAME and NAME.local]
  --ssh-key FILE               a public key: its owner may log in as "engineer"; without it nobody may
  --tenants A,B                whom a gateway speaks for [its tenant]
  --set NAME=VALUE             a setting over the profile's (firmware-config/SETTINGS.md); may be given again
  --software FILE              what bundle:edge --tar has packed [made anew, for --arch ${ARCHES.join("|")} [arm64]]
  --no-software                leave it out: it is on the card already
  --debs DIR                   Debian packages to install from the card (gpsd, chrony)
  --out DIR                    a folder that is empty or not there
`;

const OPTIONS = {
  ...ADMIN_OPTIONS,
  cloud: { type: "string" },
  profile: { type: "string" },
  device: { type: "string" },
  tenant: { type: "string" },
  broker: { type: "string" },
  "claim-file": { type: "string" },
  hours: { type: "string", default: "72" },
  sensors: { type: "string" },
  ca: { type: "string" },
  "update-key": { type: "string", multiple: true },
  ssid: { type: "string" },
  country: { type: "string", default: "RU" },
  "passphrase-file": { type: "string" },
  ntp: { type: "string" },
  rtc: { type: "string" },
  name: { type: "string" },
  "wifi-ssid": { type: "string" },
  "wifi-passphrase-file": { type: "string" },
  apn: { type: "string" },
  timezone: { type: "string", default: "Asia/Yekaterinburg" },
  "ssh-key": { type: "string" },
  tenants: { type: "string" },
  set: { type: "string", multiple: true },
  software: { type: "string" },
  "no-software": { type: "boolean", default: false },
  arch: { type: "string", default: "arm64" },
  debs: { type: "string" },
  out: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;
type Values = ReturnType<typeof readValues>;
const readValues = () => parseArgs({ options: OPTIONS }).values;

const Name = z.enum(PROFILE_NAMES, `--profile must be one of ${PROFILE_NAMES.join(", ")}`);
const Architecture = z.enum(ARCHES, "--arch must be arm64 or x64");
const Out = z.string("--out DIR is needed").min(1);
const text = async (file: string | undefined) =>
  file === undefined ? undefined : (await readFile(file, "utf8")).trim();

// No letters or digits that are taken for one another: it is typed in gloves.
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
/** 16 of 32 letters: 80 bits. */
const drawPassphrase = () => Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)] ?? "x").join("");

await runCommand("provision", async () => {
  const values = readValues();
  if (values.help) return HELP;
  const out = Out.parse(values.out);
  const asked = await readOrder(values, Name.parse(values.profile));
  await makeFolder(out);
  const order = await fill(out, values, asked).catch(async (error: unknown) => {
    // Half a bundle would only be in the way of the next try.
    await rm(join(out, "dvornik"), { recursive: true, force: true });
    throw error;
  });
  await writeBundle(out, bundleFiles(order));

  const findings = checkBundle(await readBundle(out), systemClock.nowMs());
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length > 0) throw new Error(`${out} is no good yet:\n${textOfFindings(findings)}`);
  const secrets = bundleFiles(order).filter(({ isSecret }) => isSecret === true);
  return [
    `${out}: ${order.profile} ${order.tenant}:${order.device}`,
    ...(PROFILES[order.profile].network.accessPoint
      ? [`Wi-Fi "${order.accessPoint.ssid}", passphrase ${order.accessPoint.passphrase}, page http://dvornik.lan/`]
      : []),
    "secret, readable by you alone; the device removes them from the card at its first start:",
    ...secrets.map(({ path }) => `  ${path}`),
    ...(findings.length === 0 ? [] : [textOfFindings(findings)]),
    `next: copy what is in ${out} onto the card's first partition (bootfs), put the card in, switch on`,
    "",
  ].join("\n");
});

/** Puts the program and packages there, and asks for the claim last: it is good for a while only, and a device has one at a time. */
async function fill(out: string, values: Values, asked: Order): Promise<Order> {
  const arch = Architecture.parse(values.arch);
  const folder = join(out, "dvornik");
  const carried: Record<string, FileRecord> = {};
  const note = async (path: string) => {
    carried[`dvornik/${path}`] = await hashFile(join(folder, path));
  };
  await mkdir(folder);
  if (values.debs !== undefined) {
    for (const name of await addPackages(values.debs, join(folder, "debs"), arch)) await note(`debs/${name}`);
  }
  if (!values["no-software"]) {
    await addSoftware(
      values.software,
      { program: PROFILES[asked.profile].program, arch },
      join(folder, "software.tar.gz"),
    );
    await note("software.tar.gz");
  }
  return { ...asked, carried, ...(await claimOf(values, asked)) };
}

/** Reads all that the arguments name; the claim is one that is none yet. */
async function readOrder(values: Values, profile: ProfileName): Promise<Order> {
  const cloud = z.url("--cloud URL is needed").parse(values.cloud);
  const { device = "", tenant = "" } = values;
  const passphrase = await text(values["wifi-passphrase-file"]);
  const wifi = values["wifi-ssid"] === undefined ? {} : { wifi: { ssid: values["wifi-ssid"], passphrase } };
  const given = {
    profile,
    tenant,
    device,
    cloud,
    broker: values.broker ?? `mqtts://${new URL(cloud).hostname}:8883`,
    claim: "A".repeat(43),
    sensors: values.sensors === undefined ? PROFILES[profile].sensors : SensorList.parse(values.sensors),
    ca: await text(values.ca),
    updateKeys: values["update-key"] ?? [],
    accessPoint: {
      ssid: values.ssid ?? `Dvornik ${device}`,
      passphrase: (await text(values["passphrase-file"])) ?? drawPassphrase(),
      country: values.country,
    },
    ...wifi,
    apn: values.apn,
    timezone: values.timezone,
    sshKey: await text(values["ssh-key"]),
    tenants: values.tenants?.split(",") ?? [tenant],
    settings: Object.fromEntries((values.set ?? []).map(pairOf)),
    ntp: values.ntp?.split(",") ?? [new URL(cloud).hostname],
    rtc: values.rtc,
    names: values.name?.split(",") ?? [],
    carried: {},
  };
  return Order.parse(given);
}

async function claimOf(values: Values, { profile, tenant, device, cloud, tenants }: Order) {
  if (values["claim-file"] !== undefined) return await readClaimFile(values["claim-file"]);
  const hours = z.coerce.number("--hours must be a number").min(1).max(720).parse(values.hours);
  const wanted =
    PROFILES[profile].program === "gateway"
      ? ({ tenant: "dv", device, role: "gateway", tenants, hours } as const)
      : ({ tenant, device, role: "device", hours } as const);
  return await askForClaim(cloud, values["admin-token-file"], wanted);
}

function pairOf(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new Error(`--set ${pair}: must be NAME=VALUE`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** The program itself, so that the device fetches nothing. */
async function addSoftware(
  given: string | undefined,
  { program, arch }: { readonly program: "edge" | "gateway"; readonly arch: Arch },
  place: string,
): Promise<void> {
  if (given !== undefined) {
    await requireSoftware(given, program, arch);
    return await cp(given, place);
  }
  const folder = await mkdtemp(join(tmpdir(), "dvornik-software-"));
  try {
    await bundleProgram(join(import.meta.dirname, ".."), program, arch, join(folder, "program"));
    await packFolder(join(folder, "program"), place);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
