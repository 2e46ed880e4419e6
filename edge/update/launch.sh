#!/bin/sh
# Starts the program of a device: the software on trial, else the current one, else the one before, else the one that the
# device was installed with, beside this file. It belongs to the installed base; no update replaces it.
#
# A trial that was started five times, or that is not confirmed in time, is not started any more, whatever is wrong with it:
# the program itself need not work for that. What is started instead finds it here and tells of it.
here=$(CDPATH= cd -P -- "$(dirname -- "$0")/.." && pwd -P)
store=${DATA_DIR:-data/edge}/software
seconds=$((${UPDATE_TRIAL_S:-900} + 60))
program=bin/dvornik-edge

begin() { # AS FOLDER ARGUMENTS...
  DVORNIK_STARTED_AS=$1
  folder=$(CDPATH= cd -P -- "$2" && pwd -P)
  shift 2
  export DVORNIK_STARTED_AS
  exec "$folder/$program" "$@"
}

# Runs beside the program, whose process is $$ once this shell has become it.
give_up_in_time() { # TARGET OF THE LINK
  target=$1
  while [ "$seconds" -gt 0 ]; do
    sleep 5
    seconds=$((seconds - 5))
    kill -0 $$ || return
    [ "$(readlink "$store/trial")" = "$target" ] || return
  done
  echo "it was not confirmed in time" >"$store/trial-failed"
  sync "$store/trial-failed"
  kill -TERM $$
  for _ in 1 2 3 4; do
    sleep 5
    kill -0 $$ || return
  done
  kill -KILL $$
}

if [ -x "$store/trial/$program" ] && [ ! -e "$store/trial-failed" ]; then
  starts=$(cat "$store/trial-starts" 2>/dev/null)
  if [ "${#starts}" -lt 5 ] && printf . >>"$store/trial-starts" && sync "$store/trial-starts"; then
    give_up_in_time "$(readlink "$store/trial")" >/dev/null 2>&1 &
    begin trial "$store/trial" "$@"
  fi
fi
[ -x "$store/current/$program" ] && begin current "$store/current" "$@"
[ -x "$store/previous/$program" ] && begin previous "$store/previous" "$@"
begin base "$here" "$@"
