import type { Profile } from "../profiles/profile.ts";
import type { BundleFile } from "./file.ts";
import { PLACES } from "./places.ts";
import type { SensorNeeds } from "./sensors.ts";

/**
 * What the device runs once, at its first start, as root: everything to its place, secrets off the card's first
 * partition (everybody can read that), our units on, and a restart for the overlays. May be run again.
 */
export function installScript(
  profile: Profile,
  needs: SensorNeeds,
  {
    files,
    units,
    country,
  }: { readonly files: readonly BundleFile[]; readonly units: readonly string[]; readonly country: string },
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
  [ ! -d "$program" ] || mv "$program" "$program.old"
  mv "$program.new" "$program"
  rm -rf "$program.old"
fi
[ -x "$program/bin/node" ] || { say "there is no software: dvornik/software.tar.gz is missing on the card"; exit 1; }

if ls "$here"/debs/*.deb >/dev/null 2>&1; then
  say "packages of the card"
  dpkg --install "$here"/debs/*.deb || say "a package could not be installed; the device works without it"
fi
${profile.program === "gateway" ? GATEWAY_KEY : ""}
say "boot settings"
grep -qxF 'include dvornik/config.txt' "$boot/config.txt" || printf '\\n[all]\\ninclude dvornik/config.txt\\n' >> "$boot/config.txt"
${[...needs.nodes.map(compileNode), ...(needs.usesUart ? [FREE_UART] : [])].map((line) => `${line}\n`).join("")}# Nothing is written for having been read, and what is not synced waits for a minute.
sed -i -E 's#^(PARTUUID=[^[:space:]]+[[:space:]]+/[[:space:]]+ext4[[:space:]]+)[^[:space:]]+#\\1defaults,noatime,commit=60#' "$root/etc/fstab"
grep -q '^tmpfs /var/log ' "$root/etc/fstab" || echo 'tmpfs /var/log tmpfs defaults,noatime,nosuid,nodev,noexec,mode=0755,size=32M 0 0' >> "$root/etc/fstab"

say "units"
systemctl daemon-reload
systemctl disable --now apt-daily.timer apt-daily-upgrade.timer man-db.timer 2>/dev/null || true
systemctl enable nftables.service ${units.join(" ")}
${needs.usesGps ? GPS_UNITS : ""}# A radio sends only where it knows whose rules hold.
raspi-config nonint do_wifi_country ${country} 2>/dev/null || rfkill unblock wlan 2>/dev/null || true

say "secrets leave the card's first partition"
rm -f ${secrets.map((path) => `"$here/root${path}"`).join(" ")}
sync
say "done; the device starts again"
systemctl reboot
`;
}

/** An overlay of ours, for the kernel of this very card. */
const compileNode = ({ name }: { readonly name: string }): string =>
  `dtc -q -@ -I dts -O dtb -o "$boot/overlays/${name}.dtbo" "$here/${name}.dts"`;
/** The UART is the sensor's: the kernel must not write its messages there. */
const FREE_UART = `sed -i -E 's/console=(serial0|ttyAMA0|ttyS0),[0-9]+ ?//' "$boot/cmdline.txt"`;
const GPS_UNITS = `systemctl enable gpsd.service chrony.service 2>/dev/null || say "gpsd or chrony is not installed: no position; see firmware-config/README"
`;

const { tlsKey, tlsCertificate } = PLACES.gateway;
/** Devices know this gateway by its certificate: it is made here, so its key never travels. */
const GATEWAY_KEY = `
if [ ! -f "$root${tlsKey}" ]; then
  say "the gateway's own key and certificate (give ${tlsCertificate} to its devices: provision --ca)"
  name=$(hostname)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$name" \\
    -addext "subjectAltName=DNS:$name,DNS:$name.local" -keyout "$root${tlsKey}" -out "$root${tlsCertificate}"
  chmod 0600 "$root${tlsKey}"
  chmod 0644 "$root${tlsCertificate}"
fi
`;
