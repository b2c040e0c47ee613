"""The peers: which are installed, and how the others are installed outside the project's environment."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LIBRARIES = ("dpkt", "nfstream", "pyshark", "scapy")
PROGRAMS = {"nfpcapd": "nfdump", "argus": "argus-server", "racount": "argus-client", "tshark": "tshark"}
"""Programs, and the Debian packages that bring them."""

_VERSIONS = {
    "nfpcapd": (["nfpcapd", "-V"], r"(?:Version:|nfpcapd:)\s*v?([\d.]+)"),
    "argus": (["argus", "-h"], r"[Vv]ersion ([\d.]+)"),
    "tshark": (["tshark", "--version"], r"TShark \(Wireshark\) ([\d.]+)"),
}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Peers:
    """``python``: the interpreter that has the libraries; ``versions``: of everything that is there, by name."""

    python: Path
    versions: dict[str, str]

    def __contains__(self, name: str) -> bool:
        return name in self.versions


def prepare(folder: Path, say: Say, *, install: bool = True) -> Peers:
    """Whatever peers are there, after installing what is missing and can be: libraries into an environment of their own
    in ``folder``, programs through apt where that may be used. Nothing is installed with ``install=False``."""
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    if install:
        _install_programs(say)
        _install_libraries(folder / "venv", python, say)
    if not python.exists():
        python = Path(sys.executable)
    versions = {name: version for name in LIBRARIES if (version := _library(python, name))}
    versions |= {name: _program(name) for name in PROGRAMS if shutil.which(name)}
    for name in (*LIBRARIES, *PROGRAMS):
        if name not in versions:
            say(f"{name} is not there, and is left out")
    return Peers(python, versions)


def _install_programs(say: Say) -> None:
    lacking = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if not lacking or not hasattr(os, "geteuid") or os.geteuid() or shutil.which("apt-get") is None:
        return
    say(f"installing {', '.join(lacking)}")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # Each by itself: a package that is not available does not stop the others.
    for words in (["update"], *(["install", "-y", package] for package in lacking)):
        subprocess.run(
            ["apt-get", "-qq", *words], capture_output=True, check=False, env=quiet, stdin=subprocess.DEVNULL
        )


def _install_libraries(place: Path, python: Path, say: Say) -> None:
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    for name in LIBRARIES:
        if not _library(python, name):
            say(f"installing {name}")
            subprocess.run(
                [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", name],
                capture_output=True,
                check=False,
            )


def _library(python: Path, name: str) -> str:
    """Its version; empty where it is not there."""
    ask = f"import importlib.metadata as m; print(m.version({name!r}))"
    done = subprocess.run([str(python), "-c", ask], capture_output=True, check=False, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def _program(name: str) -> str:
    """Its version; a dash if it reports none."""
    if name not in _VERSIONS:
        return "—"
    command, pattern = _VERSIONS[name]
    done = subprocess.run(command, capture_output=True, check=False, text=True, stdin=subprocess.DEVNULL)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1].rstrip(".") if found else "—"
