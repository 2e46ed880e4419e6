#!/bin/sh
# Builds Telegraf for bench:ingest from the Go module proxy alone, with only the plug-ins that it needs, and prints the
# path of the program.
#
# The first build takes some minutes on two cores; the result is cached outside the repository and later calls return at
# once. A machine without Go exits 3 with one clear line.
set -eu

version=v1.36.4
cache=${TELEGRAF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dvornik/telegraf-$version}

if [ -x "$cache/telegraf" ]; then echo "$cache/telegraf"; exit 0; fi
command -v go >/dev/null 2>&1 || { echo "no Go on this machine: Telegraf cannot be built" >&2; exit 3; }

mkdir -p "$cache/build"
cd "$cache/build"
# One build at a time: a second caller waits for the first.
exec 9>"$cache/lock"
command -v flock >/dev/null 2>&1 && flock 9
if [ -x "$cache/telegraf" ]; then echo "$cache/telegraf"; exit 0; fi

echo "building Telegraf $version once (some minutes)" >&2
# Built as its own module, against the checksums that it carries.
[ -f go.mod ] || {
  source=$(go mod download -json "github.com/influxdata/telegraf@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp -R "$source/." . && chmod -R u+w .
}
CGO_ENABLED=0 go build -mod=mod -tags custom,inputs.mqtt_consumer,outputs.influxdb_v2,parsers.json \
  -o "$cache/telegraf.new" ./cmd/telegraf >&2
mv "$cache/telegraf.new" "$cache/telegraf"
echo "$cache/telegraf"
