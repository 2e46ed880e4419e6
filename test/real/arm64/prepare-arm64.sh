#!/bin/sh
# Lays out an ARM system's libraries and /proc/cpuinfo, which qemu shows to the programs that it runs, and prints the folder.
#
# The first time some 20 MB are fetched; the result is cached outside the repository and later calls return at once. A
# machine where that cannot be done exits 3 with one clear line, so that the tests can skip and say so.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
missing() { echo "the agent on arm64 cannot be tried: $1" >&2; exit 3; }

[ "$(uname -s)" = Linux ] || missing "only Linux has qemu for single programs"
command -v qemu-aarch64-static >/dev/null 2>&1 || missing "no qemu-aarch64-static (apt-get install qemu-user-static)"

mark=$(cat "$0" "$here/cpuinfo" | sha256sum | cut -c1-16)
cache=${ARM64_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dvornik/arm64-$mark}
if [ -f "$cache/done" ]; then echo "$cache/root"; exit 0; fi
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 && [ -r "$keyring" ] ||
  missing "the ARM libraries come from Debian's packages, and here is no apt-get with Debian's keyring"

mkdir -p "$cache"
# One at a time: a second caller waits for the first.
exec 9>"$cache/lock"
command -v flock >/dev/null 2>&1 && flock 9
if [ -f "$cache/done" ]; then echo "$cache/root"; exit 0; fi
echo "fetching ARM libraries, once" >&2

# A private state of apt: nothing of this machine's is read or changed but its proxy settings.
apt="$cache/apt"
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$cache/root/proc"
: >"$apt/status"
echo "deb [arch=arm64 signed-by=$keyring] http://deb.debian.org/debian bookworm main" >"$apt/sources.list"
own_apt() {
  apt-get -q -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::State::lists="$apt/lists" \
    -o Dir::Cache="$apt" -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- \
    -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::Languages=none -o Acquire::Retries=2 "$@" >&2
}
own_apt update || missing "Debian's list of packages could not be fetched"
(cd "$apt" && own_apt download libc6 libstdc++6 libgcc-s1 libatomic1) || missing "the ARM libraries could not be fetched"
for package in "$apt"/*.deb; do dpkg -x "$package" "$cache/root"; done
# As a Raspberry Pi 4 has it: onnxruntime reads it when it is loaded and crashes on the one of an x64 machine.
cp "$here/cpuinfo" "$cache/root/proc/cpuinfo"
rm -rf "$apt"
: >"$cache/done"
echo "$cache/root"
