#!/usr/bin/env bash
# Installs reStrike VTA on this machine (Debian, Ubuntu), or upgrades it: run it again from a newer release.
#
#   sudo deploy/install.sh               own user, own Python environment, sysctl, a service of systemd, started
#   deploy/install.sh --root DIR         everything below DIR and as you, without systemd: to try it out
#   --wheels DIR                         take Python packages from DIR, on a machine without internet
#   --within SECONDS                     how long services may take to answer (60; migrating years takes minutes)
#   --force                              upgrade though a match is on
#
# An upgrade is prepared while the suite runs, and backed up. It is taken back, with the database, unless every service
# answers. The steps can be repeated: what is there is left as it is.
set -euo pipefail

usage() { sed -n '2,/^set/{s/^# \{0,1\}//;/^set/d;p}' "$0"; }
say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

root='' force='' wheels='' within_s=60 python=${PYTHON:-python3}
while [ $# -gt 0 ]; do
  case $1 in
    --root) [ $# -gt 1 ] || fail 'give --root a folder.'; root=$(mkdir -p "$2" && cd "$2" && pwd); shift ;;
    --wheels) [ $# -gt 1 ] || fail 'give --wheels a folder with the wheels.'; wheels=$(cd "$2" && pwd); shift ;;
    --within) [ $# -gt 1 ] || fail 'give --within seconds.'; within_s=$2; shift ;;
    --force) force=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

source=$(cd "$(dirname "$0")/.." && pwd)
prefix=$root/opt/restrike
home=$root/var/lib/restrike
command=$root/usr/local/bin/restrike
unit=$root/etc/systemd/system/restrike.service
sysctl=$root/etc/sysctl.d/60-restrike.conf
current=$prefix/current
user=restrike
[ -z "$root" ] || user=$(id -un)
systemd=''
[ -n "$root" ] || ! [ -d /run/systemd/system ] || systemd=yes

as_user() {
  if [ "$(id -un)" = "$user" ]; then env RESTRIKE_HOME="$home" "$@"; else
    runuser -u "$user" -- env RESTRIKE_HOME="$home" "$@"
  fi
}

prepare_machine() {
  if [ -z "$root" ]; then
    [ "$(id -u)" = 0 ] || fail 'run it as root: sudo deploy/install.sh'
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null && command -v apt-get >/dev/null; then
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
  trap 'rm -rf "$release"' EXIT
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

write_command() {
  cat >"$command.new" <<WRAPPER
#!/bin/sh
# reStrike VTA as it is installed here: the command of its own user, whoever calls it.
export RESTRIKE_HOME=$home
[ "\$(id -un)" = $user ] && exec $current/bin/restrike "\$@"
[ "\$(id -u)" = 0 ] && exec runuser -u $user -- env RESTRIKE_HOME=$home $current/bin/restrike "\$@"
exec sudo -u $user RESTRIKE_HOME=$home $current/bin/restrike "\$@"
WRAPPER
  chmod 0755 "$command.new"
  mv "$command.new" "$command"
}

write_system_files() {
  install -m 0644 "$source/deploy/sysctl.conf" "$sysctl"
  install -m 0644 "$source/deploy/restrike.service" "$unit"
  [ -n "$root" ] || sysctl --quiet --load "$sysctl" || say 'The kernel did not take all of '"$sysctl"' (a container?).'
  [ -z "$systemd" ] || systemctl daemon-reload
}

start() { if [ -n "$systemd" ]; then systemctl restart restrike; else as_user "$current/bin/restrike" up -d || true; fi; }
stop() { if [ -n "$systemd" ]; then systemctl stop restrike; else as_user "$current/bin/restrike" down || true; fi; }
is_running() { [ -e "$current" ] && as_user "$current/bin/restrike" ps >/dev/null 2>&1; }

answers() {  # every service, and still 3 s later
  local until=$((SECONDS + within_s))
  while [ "$SECONDS" -lt "$until" ]; do
    if is_running; then sleep 3; is_running && return 0; fi
    sleep 0.5
  done
  return 1
}

put_in_place() {
  ln -sfn "$1" "$current.new"
  mv -T "$current.new" "$current"
}

match_runs() {
  as_user "$current/bin/restrike" status --json 2>/dev/null | "$release/bin/python" -c '
import json, sys
over = {None, "not_loaded", "closed", "decided"}
matches = json.load(sys.stdin)["matches"]
print(", ".join(ring for ring, match in matches.items() if match.get("stage") not in over))' 2>/dev/null || true
}

schema_of() { "$release/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["current"])'; }

upgrade() {
  local before rings schema='' backup=''
  before=$(readlink "$current")
  was_running=''
  if is_running; then
    was_running=yes
    rings=$(match_runs)
    [ -z "$rings" ] || [ -n "$force" ] ||
      fail "a match is on ($rings). Upgrade when it is over, or with --force. Nothing was changed."
  fi
  as_user "$release/bin/restrike" config check || fail 'mend the configuration first. Nothing was changed.'
  if [ -e "$home/data/restrike.db" ]; then
    schema=$(as_user "$current/bin/restrike" db status --json | schema_of)
    backup=$(as_user "$current/bin/restrike" backup create --reason before-upgrade --json |
      "$release/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["name"])')
    say "Backed up: $backup"
  fi
  stop
  put_in_place "$release"
  trap - EXIT
  start
  if answers; then return; fi
  say 'Not every service answers: taking the upgrade back …' >&2
  as_user "$current/bin/restrike" ps >&2 || true
  stop
  if [ -n "$schema" ]; then
    as_user "$release/bin/restrike" db rollback --to "$schema" >/dev/null || {
      put_in_place "$before"
      as_user "$current/bin/restrike" backup restore "$backup" --yes
    }
  fi
  put_in_place "$before"
  rm -rf "$release"
  [ -z "$was_running" ] || start
  fail "the upgrade failed and was taken back; $before is in force. Its logs are in $home/log."
}

forget_old_releases() {  # the three newest stay, for a look back
  local old
  find "$prefix/releases" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2- |
    while read -r old; do [ "$old" = "$(readlink "$current")" ] || rm -rf "$old"; done
}

prepare_machine
make_release
write_command
if [ -e "$current" ]; then upgrade; else
  write_system_files
  put_in_place "$release"
  trap - EXIT
  [ -z "$systemd" ] || systemctl enable --quiet restrike
  start
  answers || fail "installed, but not every service answers: look with  $command ps  and  $command logs tail"
fi
write_system_files
forget_old_releases
say "reStrike VTA is installed and up. Its data is in $home. Look with: $command health"
