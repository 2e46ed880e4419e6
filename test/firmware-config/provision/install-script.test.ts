import { execFile } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { packFolder } from "../../../firmware-config/bundle/tar.ts";
import type { ProfileName } from "../../../firmware-config/profiles/profiles.ts";
import { bundleFiles } from "../../../firmware-config/provision/make-bundle.ts";
import { makeFolder, writeBundle } from "../../../firmware-config/provision/write-bundle.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { anOrder } from "./an-order.ts";

const run = promisify(execFile);
/** The programs of the device that would change this machine: they only note how they were called. */
const NOTED = ["systemctl", "raspi-config", "rfkill", "dpkg", "dtc", "sync"];
const FSTAB =
  "proc /proc proc defaults 0 0\nPARTUUID=ab-01  /boot/firmware  vfat  defaults  0 2\nPARTUUID=ab-02  /  ext4  defaults,noatime  0 1\n";

/** A card with a bundle, and the root of a device that starts from it for the first time. */
async function aCard(profile: ProfileName, change: Readonly<Record<string, unknown>> = {}) {
  const folder = await tempFolder();
  const card = join(folder, "card");
  const root = join(folder, "root");
  const tools = join(folder, "tools");
  const program = join(folder, "program");
  const put = async (place: string, text: string, mode = 0o644) => {
    await mkdir(join(place, ".."), { recursive: true });
    await writeFile(place, text, { mode });
  };
  await makeFolder(card);
  await writeBundle(card, bundleFiles(anOrder(profile, change)));
  await put(join(card, "config.txt"), "arm_64bit=1\n");
  await put(join(card, "cmdline.txt"), "console=serial0,115200 console=tty1 root=PARTUUID=ab-02\n");
  await put(join(root, "etc/fstab"), FSTAB);
  await put(join(program, "bin/node"), "#!/bin/sh\n", 0o755);
  await packFolder(program, join(card, "dvornik/software.tar.gz"));
  for (const name of NOTED) await put(join(tools, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\n`, 0o755);
  const env = { PATH: `${tools}:/usr/sbin:/usr/bin:/bin`, DVORNIK_ROOT: root };
  const install = async () => (await run("sh", [join(card, "dvornik/install.sh")], { env })).stdout;
  const read = (path: string) => readFile(join(folder, path), "utf8");
  const modeOf = async (path: string) => (await stat(join(root, path))).mode & 0o777;
  return { install, read, modeOf };
}

describe.skipIf(process.getuid?.() !== 0)("what a device runs at its first start (tried as root, skipped else)", () => {
  it("puts everything to its place, secrets for root alone, and takes them off the card", async () => {
    const { install, read, modeOf } = await aCard("truck");

    expect(await install()).toContain("done");

    expect(await read("root/etc/dvornik/claim")).toBe(`${"c".repeat(43)}\n`);
    expect(await modeOf("etc/dvornik/claim")).toBe(0o600);
    expect(await modeOf("etc/NetworkManager/system-connections/dvornik-ap.nmconnection")).toBe(0o600);
    expect(await modeOf("etc/systemd/system/dvornik-edge.service")).toBe(0o644);
    expect(await modeOf("opt/dvornik/edge/bin/node")).toBe(0o755);
    expect(await read("card/config.txt")).toBe("arm_64bit=1\n\n[all]\ninclude dvornik/config.txt\n");
    expect(await read("root/etc/fstab")).toContain(
      "PARTUUID=ab-02  /  ext4  defaults,noatime,commit=60  0 1\ntmpfs /var/log tmpfs",
    );
    expect(await read("root/etc/fstab")).toContain("/boot/firmware  vfat  defaults  0 2\n");
    const calls = await read("calls");
    expect(calls).toContain("systemctl enable nftables.service dvornik-edge.service dvornik-page.socket\n");
    expect(calls).toContain("raspi-config nonint do_wifi_country RU\n");
    expect(calls.trim().endsWith("systemctl reboot")).toBe(true);
    await expect(read("card/dvornik/root/etc/dvornik/claim")).rejects.toThrow("ENOENT");
  });

  it("may be run again, and then changes nothing twice", async () => {
    const { install, read } = await aCard("truck");
    await install();
    const before = [await read("card/config.txt"), await read("root/etc/fstab")];

    await install();

    expect([await read("card/config.txt"), await read("root/etc/fstab")]).toEqual(before);
    expect(await read("root/etc/dvornik/claim")).toBe(`${"c".repeat(43)}\n`);
  });

  it("frees the UART for a sensor, and compiles the overlays that the system does not bring", async () => {
    const { install, read } = await aCard("air-post", { sensors: [{ name: "pms7003" }, { name: "scd4x" }] });

    await install();

    expect(await read("card/cmdline.txt")).toBe("console=tty1 root=PARTUUID=ab-02\n");
    expect(await read("calls")).toMatch(/^dtc .*overlays\/dvornik-scd4x\.dtbo .*dvornik-scd4x\.dts$/m);
  });

  it("makes a gateway's key on the device, once", async () => {
    const { install, read, modeOf } = await aCard("village-gateway");
    await install();
    const key = await read("root/etc/dvornik/tls-key.pem");

    await install();

    expect(key).toContain("PRIVATE KEY");
    expect(await modeOf("etc/dvornik/tls-key.pem")).toBe(0o600);
    expect(await read("root/etc/dvornik/tls-key.pem")).toBe(key);
  });
});
