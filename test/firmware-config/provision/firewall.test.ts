import { execFile, execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { ProfileName } from "../../../firmware-config/profiles/profiles.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { aBundle } from "./an-order.ts";

/** Whether this machine lets us make networks of our own, with nft's rules in them. */
function mayMakeNetworks(): boolean {
  try {
    execFileSync("unshare", ["--net", "sh", "-c", "command -v ip nsenter bash && nft list ruleset"], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

/** Who listens on every port that is tried, in the device's network and in the street's. */
const LISTEN = `for (const port of [22, 53, 80, 443, 1883, 8081, 8883, 9999]) {
  require("node:net").createServer((socket) => socket.destroy()).listen(port, "0.0.0.0");
}`;

/**
 * A device with the rules in force between a phone on its Wi-Fi (10.42.0.0/24) and the street (192.0.2.0/24), each in a
 * network of its own, gone with the script. Prints a line for each way that is open.
 */
const WORLD = `set -eu
node=$1; rules=$2
unshare --net sleep 60 >/dev/null 2>&1 & phone=$!
unshare --net sleep 60 >/dev/null 2>&1 & street=$!
in_phone() { nsenter -t $phone -n "$@"; }
in_street() { nsenter -t $street -n "$@"; }
ip link set lo up
until [ "$(readlink /proc/$phone/ns/net)" != "$(readlink /proc/self/ns/net)" ] &&
  [ "$(readlink /proc/$street/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link add wlan0 type veth peer name phone0 netns $phone
ip link add eth0 type veth peer name street0 netns $street
ip addr add 10.42.0.1/24 dev wlan0; ip link set wlan0 up
ip addr add 192.0.2.1/24 dev eth0; ip link set eth0 up
in_phone ip addr add 10.42.0.2/24 dev phone0; in_phone ip link set phone0 up; in_phone ip route add default via 10.42.0.1
in_street ip link set lo up; in_street ip addr add 192.0.2.2/24 dev street0; in_street ip link set street0 up; in_street ip route add default via 192.0.2.1
echo 1 > /proc/sys/net/ipv4/ip_forward || true
nft -f "$rules"
"$node" -e '${LISTEN}' >/dev/null 2>&1 &
in_street "$node" -e '${LISTEN}' >/dev/null 2>&1 &
in_street sh -c 'until bash -c "</dev/tcp/192.0.2.2/9999"; do sleep 0.1; done' 2>/dev/null
until bash -c "</dev/tcp/127.0.0.1/9999" 2>/dev/null; do sleep 0.1; done
try() { # NAME HOST PORT RUN...
  name=$1 host=$2 port=$3; shift 3
  if "$@" timeout 0.5 bash -c "</dev/tcp/$host/$port" 2>/dev/null; then echo "$name $port"; fi
}
for port in 22 53 80 443 1883 8081 8883; do
  try phone-to-device 10.42.0.1 $port in_phone
  try phone-to-street 192.0.2.2 $port in_phone
  try street-to-device 192.0.2.1 $port in_street
done
for port in 80 443 8883 9999; do try device-to-street 192.0.2.2 $port env; done
`;

async function openWays(
  profile: ProfileName,
  change: Readonly<Record<string, unknown>> = {},
): Promise<readonly string[]> {
  const folder = await tempFolder();
  const rules = join(folder, "rules.nft");
  await writeFile(rules, aBundle(profile, change).get("dvornik/root/etc/nftables.conf")?.text ?? "");
  await writeFile(join(folder, "world.sh"), WORLD);
  const args = [
    "--net",
    "--mount-proc",
    "--fork",
    "--kill-child",
    "--pid",
    "bash",
    join(folder, "world.sh"),
    process.execPath,
    rules,
  ];
  const { stdout } = await promisify(execFile)("unshare", args, {
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return stdout.trim().split("\n").sort();
}

describe.skipIf(!mayMakeNetworks())(
  "the firewall, in force between networks of our own (skipped where none may be made)",
  () => {
    it("lets a phone on the truck's Wi-Fi reach its page alone, and the street nothing", {
      timeout: 120_000,
    }, async () => {
      expect(await openWays("truck")).toEqual([
        "device-to-street 443",
        "device-to-street 8883",
        "phone-to-device 53",
        "phone-to-device 80",
      ]);
    });

    it("lets a village's devices reach its broker, and an engineer with a key log in", {
      timeout: 120_000,
    }, async () => {
      expect(await openWays("village-gateway", { sshKey: "ssh-ed25519 AAAA engineer@desk" })).toEqual([
        "device-to-street 443",
        "device-to-street 8883",
        "phone-to-device 22",
        "phone-to-device 8883",
        "street-to-device 22",
        "street-to-device 8883",
      ]);
    });
  },
);
