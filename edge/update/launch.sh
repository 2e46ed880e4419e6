#!/bin/sh
# Starts the program of a device: the software on trial, else the current one, else the one before, else the one that the
# device was installed with, beside this file. It belongs to the installed base; no update replaces it.
#
# Whatever is wrong with a program, it need not work for being given up: a trial after five starts in one start of the
# machine (a truck's ignition is no crash), after twenty in all, or when it is not confirmed in time; the current one, once,
# after ten starts in one start of the machine of which none lasted ten minutes (settings and models of the cloud are given
# up before that, by the program). What is started instead finds the reason in `trial-failed` or `current-failed`; a second
# line `link` says that nothing but a missing link may be the cause.
here=$(CDPATH= cd -P -- "$(dirname -- "$0")/.." && pwd -P)
store=${DATA_DIR:-data/edge}/software
# A setting that is no plain number counts as not set: no mistake of anybody may end this file before a program is started.
whole() { # SETTING ELSE
  case $1 in
    0 | [1-9] | [1-9][0-9] | [1-9][0-9][0-9] | [1-9][0-9][0-9][0-9] | [1-9][0-9][0-9][0-9][0-9]) echo "$1" ;;
    *) echo "$2" ;;
  esac
}
# The last two have other values in tests only.
confirmed_within=$(($(whole "$UPDATE_TRIAL_S" 900) + $(whole "$LAUNCH_GRACE_S" 60)))
lasted=$(whole "$LAUNCH_LASTED_S" 600)
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
program=bin/dvornik-edge

begin() { # AS FOLDER ARGUMENTS...
  DVORNIK_STARTED_AS=$1
  folder=$(CDPATH= cd -P -- "$2" && pwd -P)
  shift 2
  export DVORNIK_STARTED_AS
  exec "$folder/$program" "$@"
}

# Starts that were noted, since the machine's start or in all.
starts_now() { grep -cx "boot:$boot" "$store/$1-starts" 2>/dev/null || :; }
starts_ever() { grep -c "" "$store/$1-starts" 2>/dev/null || :; }
note_start() { echo "boot:$boot" >>"$store/$1-starts" && sync "$store/$1-starts"; }
say_failed() { printf '%s\n' "$2" >"$store/$1-failed" && sync "$store/$1-failed"; }

# Runs beside the program, whose process is $$ once this shell has become it: false where it, or what the link says, ended.
lasts() { # SECONDS LINK TARGET
  left=$1
  while [ "$left" -gt 0 ]; do
    sleep 5
    left=$((left - 5))
    kill -0 $$ || return 1
    [ "$(readlink "$store/$2")" = "$3" ] || return 1
  done
}

end_trial() {
  say_failed trial "it was not confirmed in time"
  kill -TERM $$
  for _ in 1 2 3 4; do
    sleep 5
    kill -0 $$ || return
  done
  kill -KILL $$
}

if [ -x "$store/trial/$program" ] && [ ! -e "$store/trial-failed" ]; then
  now=$(starts_now trial)
  ever=$(starts_ever trial)
  if [ "${now:-0}" -ge 5 ]; then
    say_failed trial "it was started five times and did not prove itself"
  elif [ "${ever:-0}" -ge 20 ]; then
    say_failed trial "it was started twenty times and did not prove itself
link"
  elif note_start trial; then
    target=$(readlink "$store/trial")
    { lasts "$confirmed_within" trial "$target" && end_trial; } >/dev/null 2>&1 &
    begin trial "$store/trial" "$@"
  fi
fi

if [ -x "$store/current/$program" ]; then
  target=$(readlink "$store/current")
  if [ ! -e "$store/current-failed" ]; then
    now=$(starts_now current)
    if [ "${now:-0}" -ge 10 ]; then
      say_failed current "$target"
    else
      [ "${now:-0}" -gt 0 ] || rm -f "$store/current-starts"
      note_start current
      { lasts "$lasted" current "$target" && rm -f "$store/current-starts"; } >/dev/null 2>&1 &
    fi
  fi
  # Once: what is current after that is started whatever it does.
  [ "$(cat "$store/current-failed" 2>/dev/null)" = "$target" ] || begin current "$store/current" "$@"
fi
[ -x "$store/previous/$program" ] && begin previous "$store/previous" "$@"
begin base "$here" "$@"
