#!/usr/bin/env bash
# Installs reStrike VTA on this machine (Debian, Ubuntu), or upgrades it: run it again from a newer release.
#
#   sudo deploy/install.sh               own user, own Python environment, sysctl, a service of systemd, started
#   deploy/install.sh --root DIR         everything below DIR and as you, to try it out; systemd is left alone, unless
#                                        DIR/run/systemd/system is there (the tests' own, with their own systemctl)
#   --wheels DIR                         take Python packages from DIR, on a machine without internet
#   --within SECONDS                     how long services may take to answer (60; migrating years takes minutes)
#   --force                              upgrade though a match is on, or nobody can say whether one is
#
# An upgrade is prepared while the suite runs, and backed up. From the moment that the suite is ended it is taken back,
# with the database and the files of systemd, unless its end is reached: every service answers, and nothing of the suite
# has failed that was well before. An error, Ctrl-C, or a terminal that goes away takes it back, too.
# The steps can be repeated: what is there is left as it is.
set -euo pipefail
# What root puts in place is for the suite's user to read, whatever root's own umask is.
umask 022

usage() { sed -n '2,/^set/{s/^# \{0,1\}//;/^set/d;p}' "$0"; }
say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

folder() {  # OPTION FOLDER [made]: its whole path
  [ -z "${3-}" ] || mkdir -p "$2" 2>/dev/null || fail "$1 $2: that folder cannot be made; name another one."
  (cd "$2" 2>/dev/null && pwd) || fail "$1 $2: there is no such folder that you may enter."
}

root='' force='' wheels='' within_s=60 python=${PYTHON:-python3}
while [ $# -gt 0 ]; do
  case $1 in
    --root) [ $# -gt 1 ] || fail 'give --root a folder.'; root=$(folder --root "$2" made); shift ;;
    --wheels) [ $# -gt 1 ] || fail 'give --wheels a folder with the wheels.'; wheels=$(folder --wheels "$2"); shift ;;
    --within) [ $# -gt 1 ] || fail 'give --within seconds.'; within_s=$2; shift ;;
    --force) force=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
case $within_s in '' | *[!0-9]*) fail 'give --within whole seconds.' ;; esac

source=$(cd "$(dirname "$0")/.." && pwd)
prefix=$root/opt/restrike
home=$root/var/lib/restrike
command=$root/usr/local/bin/restrike
unit=$root/etc/systemd/system/restrike.service
sysctl=$root/etc/sysctl.d/60-restrike.conf
current=$prefix/current
kept=$prefix/files-before
user=restrike
[ -z "$root" ] || user=$(id -un)
systemd=''
[ ! -d "$root/run/systemd/system" ] || systemd=yes

# How far it is: made (a release that nothing uses, yet), switching (from `stop` on), finished.
stage='' release='' before='' was_running='' health_before='' schema='' backup=''

finish() {
  local code=$?
  trap '' INT TERM HUP PIPE
  trap - EXIT
  set +e
  case $stage in
    made) rm -rf "$release" ;;
    switching)
      take_back
      [ "$code" != 0 ] || code=1
      ;;
  esac
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Nobody reads any more, and writing to a terminal that is gone fails.
trap 'exec >>"$prefix/install.log" 2>&1; exit 129' HUP PIPE

# The programs ------------------------------------------------------------------------------------------------------

as_user() (
  umask 077
  if [ "$(id -un)" = "$user" ]; then exec env RESTRIKE_HOME="$home" "$@"; fi
  exec runuser -u "$user" -- env RESTRIKE_HOME="$home" "$@"
)

start() {  # whatever comes of it: whether it answers is asked afterwards
  if [ -n "$systemd" ]; then systemctl restart --no-block restrike || true; else
    # What is started shall not ignore the signals that taking back ignores.
    (trap - INT TERM HUP PIPE; as_user "$current/bin/restrike" up -d) || true
  fi
}

stop() {  # PROGRAM: what systemd runs, and what somebody started by hand
  [ -z "$systemd" ] || systemctl stop restrike || true
  as_user "$1" down >/dev/null
}

all_answer() { as_user "$current/bin/restrike" ps >/dev/null 2>&1; }

answers() {  # SECONDS: every service within them, and still 3 s later
  local until=$((SECONDS + $1))
  while [ "$SECONDS" -lt "$until" ]; do
    if all_answer; then sleep 3; all_answer && return 0; fi
    sleep 0.5
  done
  return 1
}

asked() {  # FIELD ARGUMENTS…: a field of what the program in force answers, or the new one where that cannot
  local field=$1 program answer
  shift
  for program in "$current/bin/restrike" "$release/bin/restrike"; do
    answer=$(as_user "$program" "$@" --json 2>/dev/null) || continue
    "$release/bin/python" -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$answer" "$field" \
      2>/dev/null && return 0
  done
  return 1
}

runs() {  # PROGRAM to ask: whether any process of the suite is there
  local shown
  if [ -n "$systemd" ] && systemctl is-active --quiet restrike; then return 0; fi
  shown=$(as_user "$1" ps --json 2>/dev/null) || true
  "$release/bin/python" -c 'import json, sys; sys.exit(not any(one["pid"] for one in json.loads(sys.argv[1])))' \
    "$shown" 2>/dev/null
}

matches_on() {  # PROGRAM to ask: the rings whose match is on; fails when nobody can say
  local shown
  shown=$(as_user "$1" status --json 2>/dev/null) || true
  "$release/bin/python" -c '
import json, sys
over = {None, "not_loaded", "closed", "decided"}
status = json.loads(sys.argv[1])
matches = status["matches"]
if "pss-parser" in status["silent"] or any(one["ring"] not in matches for one in status["rings"] if one["listening"]):
    sys.exit(1)
print(", ".join(ring for ring, match in matches.items() if match["stage"] not in over))' "$shown" 2>/dev/null
}

refuse_during_a_match() {  # PROGRAM to ask
  local rings
  [ -z "$force" ] || return 0
  rings=$(matches_on "$1") ||
    fail 'the suite runs, but nobody can say whether a match is on. Look with  restrike health; or upgrade with' \
      '--force. Nothing was changed.'
  [ -z "$rings" ] || fail "a match is on ($rings). Upgrade when it is over, or with --force. Nothing was changed."
}

worsened() {  # what of the suite's own was well before and has failed now; `?` before what nobody can say, yet
  local now
  now=$(as_user "$current/bin/restrike" health --json 2>/dev/null) || true
  "$release/bin/python" -c '
import json, sys
own = {"service", "database", "journal", "configuration", "ring"}
def told(text):
    try:
        items = json.loads(text)["items"]
    except ValueError:
        return None
    return {(one["subject"], one["name"]): one for one in items if one["subject"] in own}
before, now = map(told, sys.argv[1:])
if now is None:
    print("its health cannot be read.")
for (subject, name), one in (before or {}).items() if now is not None else ():
    then = now.get((subject, name), {"condition": "unknown"})
    if one["condition"] == "ok" and then["condition"] == "failed":
        print(f"{subject} {name} has failed:", then["reason"])
    elif one["condition"] == "ok" and then["condition"] == "unknown":
        print(f"? {subject} {name}")' "$health_before" "$now"
}

stands() {  # every service answers, and what was well before the upgrade is well
  local until=$((SECONDS + within_s)) worse
  answers "$within_s" || fail 'not every service answers.'
  while worse=$(worsened) && [ -n "$worse" ]; do
    if [ "$SECONDS" -ge "$until" ]; then
      worse=$(grep -v '^?' <<<"$worse") || return 0
      fail "every service answers, but: $worse"
    fi
    sleep 1
  done
}

# What is put in place ----------------------------------------------------------------------------------------------

prepare_machine() {
  if [ -z "$root" ]; then
    [ "$(id -u)" = 0 ] || fail 'run it as root: sudo deploy/install.sh'
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null && command -v apt-get >/dev/null; then
      # A machine that was just set up has no list of packages; one without internet may have what it needs.
      apt-get update || say 'The list of packages could not be read anew; it is tried with the one that is there.'
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-venv
    fi
    id "$user" >/dev/null 2>&1 ||
      useradd --system --home-dir "$home" --no-create-home --shell /usr/sbin/nologin "$user"
  fi
  "$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is not Python 3.11 or newer with venv: install python3 and python3-venv."
  install -d "$prefix/releases" "$(dirname "$command")" "$(dirname "$unit")" "$(dirname "$sysctl")"
  install -d -m 0700 "$home"
  [ -n "$root" ] || chown "$user:$user" "$home"
}

make_release() {
  local version stamp
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source/pyproject.toml")
  stamp=$(date -u +%Y%m%dT%H%M%SZ)
  release=$prefix/releases/$version-$stamp
  say "Making $release …"
  mkdir "$release"
  stage=made
  "$python" -m venv "$release"
  local pip=("$release/bin/pip" install --quiet --disable-pip-version-check)
  [ -z "$wheels" ] || pip+=(--no-index --find-links "$wheels")
  "${pip[@]}" --require-hashes -r "$source/requirements.lock"
  # A copy, so that nothing is written into the folder that this was called from.
  local copy=$release/source
  mkdir "$copy"
  cp -R "$source"/{pyproject.toml,README.md,LICENSE,services,shared,migrations,flags,supervisord.conf} "$copy/"
  "${pip[@]}" --no-deps --no-build-isolation "$copy"
  rm -rf "$copy"
  "$release/bin/restrike" --version
}

quoted() { printf '%s' "$1" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/"; }

write_command() {
  local at program
  at=RESTRIKE_HOME=$(quoted "$home") program=$(quoted "$current/bin/restrike")
  cat >"$command.new" <<WRAPPER
#!/bin/sh
# reStrike VTA as it is installed here: the command of its own user, whoever calls it.
export $at
[ "\$(id -un)" = $user ] && exec $program "\$@"
[ "\$(id -u)" = 0 ] && exec runuser -u $user -- env $at $program "\$@"
exec sudo -u $user $at $program "\$@"
WRAPPER
  chmod 0755 "$command.new"
  mv "$command.new" "$command"
}

tell_the_system() {
  [ -n "$root" ] || [ ! -e "$sysctl" ] || sysctl --quiet --load "$sysctl" ||
    say 'The kernel did not take all of '"$sysctl"' (a container?).'
  [ -z "$systemd" ] || systemctl daemon-reload
}

write_files() {
  write_command
  install -m 0644 "$source/deploy/sysctl.conf" "$sysctl"
  install -m 0644 "$source/deploy/restrike.service" "$unit"
  tell_the_system
}

keep_files() {
  local file
  rm -rf "$kept"
  mkdir "$kept"
  for file in "$command" "$unit" "$sysctl"; do [ ! -e "$file" ] || cp -p "$file" "$kept/"; done
}

bring_files_back() {
  local file
  [ -d "$kept" ] || return 0
  for file in "$command" "$unit" "$sysctl"; do
    if [ -e "$kept/${file##*/}" ]; then cp -p "$kept/${file##*/}" "$file"; else rm -f "$file"; fi
  done
  rm -rf "$kept"
  tell_the_system
}

put_in_place() {
  ln -sfn "$1" "$current.new"
  mv -T "$current.new" "$current"
}

forget_old_releases() {  # the three newest stay, for a look back
  local old
  find "$prefix/releases" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2- |
    while IFS= read -r old; do [ "$old" = "$(readlink "$current")" ] || rm -rf "$old"; done
}

# Install, upgrade, take back ---------------------------------------------------------------------------------------

install_first() {
  write_files
  [ -z "$systemd" ] || systemctl enable --quiet restrike
  put_in_place "$release"
  stage=finished
  start
  answers "$within_s" ||
    fail "installed, but not every service answers: look with  $command ps  and  $command logs tail"
}

back_up() {
  [ -e "$home/data/restrike.db" ] || return 0
  schema=$(asked current db status) || fail 'the database cannot be read (restrike db status). Nothing was changed.'
  backup=$(asked name backup create --reason before-upgrade) ||
    fail 'the database cannot be backed up (restrike backup create). Nothing was changed.'
  say "Backed up: $backup"
}

upgrade() {
  local program=$current/bin/restrike
  before=$(readlink "$current")
  as_user "$release/bin/restrike" config check || fail 'mend the configuration first. Nothing was changed.'
  if ! as_user "$program" --version >/dev/null 2>&1; then
    say "What is in force, $before, is broken: its program does not start. The new one is asked in its place." >&2
    program=$release/bin/restrike
  fi
  if runs "$program"; then
    was_running=yes
    refuse_during_a_match "$program"
    health_before=$(as_user "$program" health --json 2>/dev/null) || true
  fi
  back_up
  [ -z "$was_running" ] || refuse_during_a_match "$program"  # a backup of years takes its time
  keep_files
  stage=switching
  stop "$program" || fail 'the suite could not be ended.'
  write_files
  put_in_place "$release"
  start
  stands
  stage=finished
  rm -rf "$kept"
}

take_back() {  # nothing in it ends it; signals are ignored
  local end="$before is in force"
  say 'Taking the upgrade back …' >&2
  [ "$(readlink "$current")" != "$release" ] || as_user "$release/bin/restrike" ps >&2
  stop "$release/bin/restrike" || stop "$before/bin/restrike"
  take_database_back
  bring_files_back
  put_in_place "$before"
  rm -rf "$release"
  if [ -z "$was_running" ]; then end+='; it did not run before, and does not run now'; else
    start
    # However little time the new one was given.
    if answers $((within_s > 60 ? within_s : 60)); then end+=', and every service answers'; else
      end+=", but not every service answers: look with  $command ps  and  $command logs tail"
    fi
  fi
  say "install.sh: the upgrade failed and was taken back: $end. Its logs are in $home/log." >&2
}

take_database_back() {
  [ -n "$schema" ] || return 0
  as_user "$release/bin/restrike" db rollback --to "$schema" >/dev/null && return 0
  as_user "$before/bin/restrike" backup restore "$backup" --yes && return 0
  say "The database is as the new release left it. Put back what was in it: $command backup restore $backup" >&2
}

prepare_machine
make_release
if [ -L "$current" ]; then upgrade; else install_first; fi
forget_old_releases
say "reStrike VTA is installed and up. Its data is in $home. Look with: $command health"
[ -z "$root" ] ||
  say "Nothing beside $root was touched. It has the ports of any suite; take it away with: deploy/uninstall.sh --root $root"
