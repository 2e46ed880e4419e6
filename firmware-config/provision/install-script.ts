import { isIP } from "node:net";
import type { Profile } from "../profiles/profile.ts";
import { ENGINEER } from "./engineer.ts";
import type { BundleFile } from "./file.ts";
import type { Order } from "./order.ts";
import { PLACES } from "./places.ts";
import type { SensorNeeds } from "./sensors.ts";

/** Lies on the card until everything is installed. */
export const TO_INSTALL = "dvornik/to-install";

/**
 * What the device runs at its first start, as root: everything to its place, secrets off the card's first partition
 * (everybody can read that), our units on, and a restart for the overlays. It takes `to-install` away last and may be
 * run again: after a power cut or a step that failed it is (`dvornik-install.service`).
 */
export function installScript(
  order: Order,
  { profile, needs }: { readonly profile: Profile; readonly needs: SensorNeeds },
  { files, units }: { readonly files: readonly BundleFile[]; readonly units: readonly string[] },
): string {
  const placed = files.filter(({ path }) => path.startsWith("dvornik/root/"));
  const secrets = placed
    .filter(({ isSecret }) => isSecret === true)
    .map(({ path }) => path.slice("dvornik/root".length));
  const { software } = PLACES[profile.program];
  return `#!/bin/sh
# Made by provision. Puts everything to its place; may be run again. DVORNIK_ROOT: another root than / (to try it).
set -eu
root=\${DVORNIK_ROOT:-}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
boot=$(dirname -- "$here")
say() { echo "dvornik: $*"; }

say "files"
umask 022
(cd "$here/root" && find . -type f) | while IFS= read -r file; do
  target="/\${file#./}"
  mode=0644
  case "$target" in ${secrets.join(" | ")}) mode=0600 ;; esac
  mkdir -p "$(dirname -- "$root$target")"
  install -m "$mode" -o root -g root "$here/root/$file" "$root$target"
done

say "software"
program="$root${software}"
if [ -f "$here/software.tar.gz" ]; then
  rm -rf "$program.new" "$program.old"
  mkdir -p "$program.new"
  tar -xzf "$here/software.tar.gz" -C "$program.new" --no-same-owner
  sync
  [ ! -d "$program" ] || mv "$program" "$program.old"
  mv "$program.new" "$program"
  rm -rf "$program.old"
fi
[ -x "$program/bin/node" ] || { say "there is no software: dvornik/software.tar.gz is missing on the card"; exit 1; }

${PACKAGES}
${profile.program === "gateway" ? gatewayKey(order) : ""}
${names(order)}
say "boot settings"
grep -qxF 'include dvornik/config.txt' "$boot/config.txt" || printf '\\n[all]\\ninclude dvornik/config.txt\\n' >> "$boot/config.txt"
${[...needs.nodes.map(compileNode), ...(needs.usesUart ? [FREE_UART] : []), MEMORY_LIMITS].join("\n")}
# Nothing is written for having been read, and what is not synced waits for a minute.
sed -i -E 's#^(PARTUUID=[^[:space:]]+[[:space:]]+/[[:space:]]+ext4[[:space:]]+)[^[:space:]]+#\\1defaults,noatime,commit=60#' "$root/etc/fstab"
grep -q '^tmpfs /var/log ' "$root/etc/fstab" || echo 'tmpfs /var/log tmpfs defaults,noatime,nosuid,nodev,noexec,mode=0755,size=32M 0 0' >> "$root/etc/fstab"

say "units"
systemctl daemon-reload
systemctl disable --now apt-daily.timer apt-daily-upgrade.timer man-db.timer 2>/dev/null || true
systemctl enable ${units.join(" ")}
systemctl enable nftables.service || say "nftables is not installed: this device has NO FIREWALL"
${order.sshKey === undefined ? NO_SSH : SSH}
${needs.usesGps ? GPS_UNITS : ""}# A radio sends only where it knows whose rules hold.
raspi-config nonint do_wifi_country ${order.accessPoint.country} 2>/dev/null || rfkill unblock wlan 2>/dev/null || true

say "secrets leave the card's first partition"
sync
rm -f ${secrets.map((path) => `"$here/root${path}"`).join(" ")}
sync
# Last: until it is gone, each start runs this again.
rm -f "$boot/${TO_INSTALL}"
sync
say "done; the device starts again"
systemctl reboot
`;
}

/**
 * apt-get, not dpkg: chrony takes the place of systemd-timesyncd, which dpkg would refuse. `force-confold` keeps
 * /etc/default/gpsd, which is ours already. Not `--no-download`: with it apt 2.6 refuses files that lie here.
 */
const PACKAGES = `if ls "$here"/debs/*.deb >/dev/null 2>&1; then
  say "packages of the card"
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\
    -o Dpkg::Options::=--force-confold "$here"/debs/*.deb </dev/null ||
    say "a package could not be installed; the device works without it"
fi`;

/** An overlay of ours, for the kernel of this very card. Without it one sensor is missing, not the device. */
const compileNode = ({ name }: { readonly name: string }): string =>
  `dtc -q -@ -I dts -O dtb -o "$boot/overlays/${name}.dtbo" "$here/${name}.dts" || say "${name} cannot be compiled: that sensor stays silent"`;
/** The UART is the sensor's: the kernel must not write its messages there. */
const FREE_UART = `sed -i -E 's/console=(serial0|ttyAMA0|ttyS0),[0-9]+ ?//' "$boot/cmdline.txt"`;
/** Raspberry Pi's kernel counts no memory for units unless it is told to (pi-gen #917); MemoryMax= would mean nothing. */
const MEMORY_LIMITS = `grep -q cgroup_enable=memory "$boot/cmdline.txt" || sed -i '1s/[[:space:]]*$/ cgroup_enable=memory cgroup_memory=1/' "$boot/cmdline.txt"`;
const GPS_UNITS = `systemctl enable gpsd.service chrony.service 2>/dev/null || say "gpsd or chrony is not installed: no position; see firmware-config/README"
`;

/** Raspberry Pi OS has sshd switched off. */
const SSH = `id -u ${ENGINEER} >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --groups adm ${ENGINEER}
systemctl enable ssh.service || say "sshd is not installed: nobody can log in"`;
const NO_SSH = "systemctl disable --now ssh.service ssh.socket 2>/dev/null || true";

/** What cloud-init does too; so an image without it becomes the same device. */
const names = ({ device, timezone }: Order): string => `say "name and time zone"
echo '${device}' > "$root/etc/hostname"
grep -q '^127\\.0\\.1\\.1[[:space:]].*${device}' "$root/etc/hosts" 2>/dev/null || echo '127.0.1.1 ${device}' >> "$root/etc/hosts"
ln -sfn '/usr/share/zoneinfo/${timezone}' "$root/etc/localtime"
`;

const { tlsKey, tlsCertificate } = PLACES.gateway;
/**
 * Devices know this gateway by its certificate: it is made here, so its key never travels. The key gets its name last, so
 * where there is one there is its certificate; a copy of that lies on the card for the engineer.
 */
const gatewayKey = ({ device, names }: Order): string => `
key="$root${tlsKey}"
certificate="$root${tlsCertificate}"
if [ ! -s "$key" ] || [ ! -s "$certificate" ]; then
  say "the gateway's own key and certificate (give dvornik/tls-cert.pem of this card to its devices: provision --ca)"
  (umask 077
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=${device}" \\
    -addext "subjectAltName=${[device, `${device}.local`, ...names].map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`).join(",")}" -keyout "$key.new" -out "$certificate.new")
  chmod 0644 "$certificate.new"
  sync
  mv "$certificate.new" "$certificate"
  mv "$key.new" "$key"
fi
cp "$certificate" "$here/tls-cert.pem"
`;
