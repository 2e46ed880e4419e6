import { execFile } from "node:child_process";
import { mkdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
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
const NOTED = ["systemctl", "raspi-config", "rfkill", "dtc", "sync", "useradd", "id"];
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
  const spoil = (name: string, script: string) => put(join(tools, name), `#!/bin/sh\n${script}\n`, 0o755);
  const mend = (name: string) => rm(join(tools, name));
  return { install, read, modeOf, spoil, mend, put, card, root };
}

/** A package of nothing but what is asked for, made with the real dpkg-deb. */
async function aPackage(file: string, control: string, conffiles: Readonly<Record<string, string>> = {}) {
  const folder = await tempFolder();
  const write = async (path: string, text: string) => {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await write(
    "DEBIAN/control",
    `Version: 1\nArchitecture: all\nMaintainer: nobody <a@b.c>\nDescription: x\n${control}`,
  );
  await write(
    "DEBIAN/conffiles",
    Object.keys(conffiles)
      .map((path) => `${path}\n`)
      .join(""),
  );
  for (const [path, text] of Object.entries(conffiles)) await write(path, text);
  await mkdir(join(file, ".."), { recursive: true });
  await run("dpkg-deb", ["--root-owner-group", "-b", folder, file]);
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
    expect(calls).toContain("systemctl enable dvornik-edge.service dvornik-report.timer dvornik-page.socket\n");
    expect(calls).toContain("systemctl enable nftables.service\n");
    expect(calls).toContain("raspi-config nonint do_wifi_country RU\n");
    expect(calls.trim().endsWith("systemctl reboot")).toBe(true);
    await expect(read("card/dvornik/root/etc/dvornik/claim")).rejects.toThrow("ENOENT");
  });

  it("may be run again, and then changes nothing twice", async () => {
    const { install, read } = await aCard("truck");
    await install();
    const changed = () =>
      Promise.all(["card/config.txt", "card/cmdline.txt", "root/etc/fstab", "root/etc/hosts"].map(read));
    const before = await changed();

    await install();

    expect(await changed()).toEqual(before);
    expect(await read("root/etc/dvornik/claim")).toBe(`${"c".repeat(43)}\n`);
  });

  it("frees the UART for a sensor, and compiles the overlays that the system does not bring", async () => {
    const { install, read } = await aCard("air-post", { sensors: [{ name: "pms7003" }, { name: "scd4x" }] });

    await install();

    expect(await read("card/cmdline.txt")).toBe(
      "console=tty1 root=PARTUUID=ab-02 cgroup_enable=memory cgroup_memory=1\n",
    );
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

  it("is tried again after a step that failed, and only then takes its marker and the secrets away", async () => {
    const { install, read, spoil, mend } = await aCard("truck");
    await spoil("tar", "exit 1");

    await expect(install()).rejects.toThrow();
    expect(await read("card/dvornik/to-install")).not.toBe("");
    expect(await read("card/dvornik/root/etc/dvornik/claim")).toBe(`${"c".repeat(43)}\n`);
    await mend("tar");
    await install();

    await expect(read("card/dvornik/to-install")).rejects.toThrow("ENOENT");
    await expect(read("card/dvornik/root/etc/dvornik/claim")).rejects.toThrow("ENOENT");
  });

  it("takes secrets off the card and the marker away only after they are on the device's disk", async () => {
    const { install, read, spoil, card } = await aCard("truck");
    const claim = `${card}/dvornik/root/etc/dvornik/claim`;
    await spoil(
      "sync",
      `for f in ${claim} ${card}/dvornik/to-install; do [ -e $f ] && echo "$f"; done >> ${card}/../at-sync; echo - >> ${card}/../at-sync`,
    );

    await install();

    const [atLast, before, first] = (await read("at-sync")).split("-\n").reverse().slice(1);
    expect([first, before, atLast]).toEqual([
      `${claim}\n${card}/dvornik/to-install\n`,
      `${card}/dvornik/to-install\n`,
      "",
    ]);
  });

  it("goes on where an overlay cannot be compiled or the system lacks nftables, and says so", async () => {
    const { install, spoil, card } = await aCard("air-post", { sensors: [{ name: "scd4x" }] });
    await spoil("dtc", "exit 1");
    await spoil("systemctl", `echo "systemctl $*" >> ${card}/../calls; case "$*" in *nftables*) exit 1 ;; esac`);

    const said = await install();

    expect(said).toMatch(/dvornik-scd4x cannot be compiled[\s\S]*NO FIREWALL[\s\S]*done/);
  });

  it("makes a gateway's key anew where a power cut left half of it", async () => {
    const { install, read, put, root } = await aCard("village-gateway");
    await put(join(root, "etc/dvornik/tls-key.pem"), "");

    await install();

    expect(await read("root/etc/dvornik/tls-key.pem")).toContain("PRIVATE KEY");
    expect(await read("root/etc/dvornik/tls-cert.pem")).toContain("BEGIN CERTIFICATE");
    expect(await read("card/dvornik/tls-cert.pem")).toBe(await read("root/etc/dvornik/tls-cert.pem"));
  });

  it("switches SSH on for an engineer's key, and off without one", async () => {
    const withKey = await aCard("air-post", { sshKey: "ssh-ed25519 AAAA engineer@desk" });
    const without = await aCard("air-post");

    await withKey.install();
    await without.install();

    expect(await withKey.read("calls")).toContain("systemctl enable ssh.service\n");
    expect(await withKey.read("root/etc/ssh/dvornik-keys/engineer")).toBe("ssh-ed25519 AAAA engineer@desk\n");
    expect(await without.read("calls")).toContain("systemctl disable --now ssh.service ssh.socket\n");
    expect(await without.read("calls")).not.toContain("enable ssh.service");
  });

  it("gives the device its name and time zone on an image without cloud-init too", async () => {
    const { install, read, root } = await aCard("air-post");

    await install();

    expect(await read("root/etc/hostname")).toBe("t-017\n");
    expect(await read("root/etc/hosts")).toContain("127.0.1.1 t-017\n");
    expect(await readlink(join(root, "etc/localtime"))).toBe("/usr/share/zoneinfo/Asia/Yekaterinburg");
  });

  it("installs gpsd over our settings of it, and chrony in the place of timesyncd, as the real apt does it", async () => {
    const { install, read, spoil, put, card, root } = await aCard("truck");
    const status = join(root, "var/lib/dpkg/status");
    for (const path of [
      "var/lib/dpkg/info/x",
      "var/lib/dpkg/updates/x",
      "var/log/x",
      "var/lib/apt/lists/partial/x",
      "var/cache/apt/archives/partial/x",
    ])
      await put(join(root, path), "").then(() => rm(join(root, path)));
    await put(status, "");
    const daemon = "Provides: time-daemon\nConflicts: time-daemon\n";
    const old = join(card, "../timesyncd.deb");
    await aPackage(old, `Package: systemd-timesyncd\n${daemon}`);
    const roots = `--root=${root} --force-not-root --force-script-chrootless --log=/dev/null`;
    await run("dpkg", [...roots.split(" "), "-i", old]);
    await aPackage(join(card, "dvornik/debs/gpsd.deb"), "Package: gpsd\n", { "/etc/default/gpsd": "DEVICES=theirs\n" });
    await aPackage(join(card, "dvornik/debs/chrony.deb"), `Package: chrony\n${daemon}`);
    const toRoot = roots
      .split(" ")
      .map((option) => `-o Dpkg::Options::=${option}`)
      .join(" ");
    const dirs = `-o Dir::State=${root}/var/lib/apt -o Dir::State::status=${status} -o Dir::Cache=${root}/var/cache/apt -o Dir::Log=${root}/var/log -o Dir::Etc=${root}/none -o APT::Sandbox::User=root`;
    await spoil("apt-get", `exec /usr/bin/apt-get ${dirs} ${toRoot} "$@"`);

    const said = await install();

    expect(said).not.toContain("could not be installed");
    const packages = (await read("root/var/lib/dpkg/status"))
      .split("\n\n")
      .filter((text) => text.includes("install ok installed"));
    expect(packages.map((text) => /^Package: (.*)$/m.exec(text)?.[1]).sort()).toEqual(["chrony", "gpsd"]);
    expect(await read("root/etc/default/gpsd")).toContain("START_DAEMON");
  });
});
