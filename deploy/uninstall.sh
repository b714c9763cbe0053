#!/usr/bin/env bash
# Removes reStrike VTA from this machine. What it stored stays, unless --purge says otherwise.
#
#   sudo deploy/uninstall.sh [--purge]       --root DIR for an installation below DIR
set -euo pipefail

fail() { printf 'uninstall.sh: %s\n' "$*" >&2; exit 1; }

root='' purge=''
while [ $# -gt 0 ]; do
  case $1 in
    --root)
      [ -n "${2-}" ] || fail 'give --root a folder.'
      root=$(cd "$2" 2>/dev/null && pwd) || fail "--root $2: there is no such folder that you may enter."
      shift
      ;;
    --purge) purge=yes ;;
    *) sed -n '2,/^set/{s/^# \{0,1\}//;/^set/d;p}' "$0" >&2; exit 2 ;;
  esac
  shift
done
[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'run it as root: sudo deploy/uninstall.sh'

home=$root/var/lib/restrike
command=$root/usr/local/bin/restrike
systemd=''
[ ! -d "$root/run/systemd/system" ] || systemd=yes

[ -z "$systemd" ] || systemctl disable --now --quiet restrike || true
# And what somebody started by hand; an earlier release ends it where the one in force is broken.
for program in "$command" "$root"/opt/restrike/releases/*/bin/restrike; do
  as_user=(env RESTRIKE_HOME="$home")
  [ -n "$root" ] || [ "$program" = "$command" ] || as_user=(runuser -u restrike -- "${as_user[@]}")
  if [ -x "$program" ] && "${as_user[@]}" "$program" down; then break; fi
done
rm -rf "$root/opt/restrike"
rm -f "$command" "$root/etc/systemd/system/restrike.service" "$root"/etc/sysctl.d/{60,90}-restrike.conf
[ -z "$systemd" ] || systemctl daemon-reload || true
if [ -n "$purge" ]; then
  rm -rf "$home"
  [ -n "$root" ] || userdel restrike 2>/dev/null || true
  echo 'reStrike VTA and everything that it stored is gone.'
else
  whose=''
  [ -n "$root" ] || whose=', of user restrike'
  echo "reStrike VTA is gone. What it stored is in $home$whose."
fi
