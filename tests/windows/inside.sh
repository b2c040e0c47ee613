#!/usr/bin/env bash
# Runs a command in the Debian with Wine that set_up.sh made: `inside.sh SYSTEM PROJECT COMMAND...`. The project is at
# /project there, drive Z. What is mounted for it is gone when the command ends, and every process that it started has
# ended: bash is process 1 of them, so the system ends the others together with it.
set -euo pipefail
system=$1 project=$2
shift 2
export INSIDE="$system" PROJECT="$project"
exec unshare --mount --propagation private --pid --fork --kill-child bash -euc '
    mkdir -p "$INSIDE/project"
    mount --bind "$PROJECT" "$INSIDE/project"
    mount -t proc proc "$INSIDE/proc"
    mount -t sysfs sysfs "$INSIDE/sys"
    mount --rbind /dev "$INSIDE/dev"
    cp /etc/resolv.conf "$INSIDE/etc/resolv.conf" 2>/dev/null || true
    chroot "$INSIDE" /usr/bin/env -i HOME=/root XDG_RUNTIME_DIR=/tmp TERM="${TERM:-dumb}" PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive WINEDEBUG="${WINEDEBUG:--all}" WINEPREFIX=/opt/windows/prefix WINEARCH=win64 \
        WINEDLLOVERRIDES="mscoree=;mshtml=" "$@" || exit
' inside "$@"
