#!/bin/sh
# Builds a real InfluxDB 2 for the tests from the Go module proxy alone and prints the path of the program.
#
# The first build takes about 6 minutes on two cores; the result is cached outside the repository and later calls
# return at once. A machine without Go exits 3 with one clear line, so that the tests can skip and say so.
set -eu

version=v2.9.1
cache=${INFLUXD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dvornik/influxd-$version}

if [ -x "$cache/influxd" ]; then echo "$cache/influxd"; exit 0; fi
command -v go >/dev/null 2>&1 || { echo "no Go on this machine: InfluxDB cannot be built" >&2; exit 3; }
go help get | grep -q -e -tool || { echo "this Go is too old to build InfluxDB (1.24 has go get -tool)" >&2; exit 3; }
command -v cc >/dev/null 2>&1 || { echo "no C compiler on this machine: InfluxDB cannot be built" >&2; exit 3; }
command -v cargo >/dev/null 2>&1 || { echo "no Rust on this machine: InfluxDB's flux cannot be built" >&2; exit 3; }

mkdir -p "$cache/build"
cd "$cache/build"
# One build at a time: a second caller waits for the first.
exec 9>"$cache/lock"
command -v flock >/dev/null 2>&1 && flock 9
if [ -x "$cache/influxd" ]; then echo "$cache/influxd"; exit 0; fi

echo "building InfluxDB $version once (about 6 minutes)" >&2
[ -f go.mod ] || go mod init dvornik.test/influxd >&2
GOBIN="$cache/bin" go install github.com/influxdata/pkg-config@v0.3.0 >&2
go get -tool "github.com/influxdata/influxdb/v2/cmd/influxd@$version" >&2
if command -v rustup >/dev/null 2>&1; then
  RUSTUP_TOOLCHAIN=$(rustup show active-toolchain | cut -d' ' -f1)
  export RUSTUP_TOOLCHAIN
fi
PKG_CONFIG="$cache/bin/pkg-config" PATH="$cache/bin:$PATH" \
  go build -tags sqlite_foreign_keys,sqlite_json,noassets -o "$cache/influxd.new" \
  github.com/influxdata/influxdb/v2/cmd/influxd >&2
mv "$cache/influxd.new" "$cache/influxd"
echo "$cache/influxd"
