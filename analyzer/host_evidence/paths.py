"""The program that a host shows against the programs that the table prints for a side of a row.

Footnotes *1 and *2 (x86 or x64) are applied by ``rules.executables``. Windows paths are compared behind their volume,
whatever it is called (``C:``, ``\\device\\harddiskvolume2``), and without case - of the letters A to Z alone: Windows
keeps a Kelvin sign apart from a k. A path on another computer, of a shadow copy or with ``..`` in it is no such path.
A short name (``PROGRA~1``) does not say which long name it is of, so it is the right name in an unproven folder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from analyzer.host_evidence.model import NO_PID
from analyzer.host_evidence.readers.collect import base_name
from analyzer.rules import executables
from analyzer.rules.model import Executable, Side
from analyzer.site import Site

KERNEL_PROCESS = 4
"""The process id of Windows' kernel, under which HTTP.sys and SMB hold their sockets."""

NO_PROCESS = 0
"""The process id that Windows shows for a socket whose process is gone (TIME_WAIT); no program runs under it."""
REPLACED = " (deleted)"
"""What Linux writes behind the path of a program whose file was removed or replaced (proc(5), /proc/pid/exe).
What is at that path now may be another program, so the path proves nothing."""


class Match(IntEnum):
    """How a program that was seen compares, the better the higher."""

    UNKNOWN = 0
    OTHER = 1
    STAND_IN = 2
    NAME = 3
    PATH = 4


@dataclass(frozen=True)
class Described:
    """Who shows at a socket for a program that the table describes and does not name.

    ``names``: programs that it can be. ``kernel``: whether Windows' kernel listens for it. ``closed``: no other program
    can be it.
    """

    names: frozenset[str]
    kernel: bool = False
    closed: bool = False


_WEB = Described(frozenset({"w3wp.exe"}), kernel=True, closed=True)
"""IIS listens through HTTP.sys, so the kernel holds the socket, and nearly never w3wp.exe itself."""
_DHCP = Described(
    frozenset({"svchost.exe", "tcpsvcs.exe", "dhcpd", "dnsmasq", "kea-dhcp4", "systemd-network", "dhcpsrv.exe"})
)
"""Windows' own DHCP service runs in svchost.exe; which programs can be a DHCP server is not a closed list."""
DESCRIBED = {"iis": _WEB, "dhcp": _DHCP}
"""By the service of an executable."""

_VOLUME = re.compile(r"(?:\\\\[?.]\\|\\\?\?\\)?(?:[a-z]:|\\?device\\harddiskvolume[0-9]+)(?=\\)", re.ASCII)
_SYSTEM_ROOT = re.compile(r"\\systemroot(?=\\)|%systemroot%(?=\\)", re.ASCII)
_SHORT = re.compile(r"(.{1,6})~[0-9]{1,4}(\.[^.]{0,3})?", re.ASCII)
_UPPER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}


def fold(text: str) -> str:
    """Text without the case of A to Z; other letters stay, as a file system of Windows keeps more of them apart than
    Unicode's rules do."""
    return text.translate(_UPPER)


@dataclass(frozen=True)
class Candidate:
    """A program as a record shows it. ``truncated``: the length at which its name may have been cut; 0 for none."""

    program: str
    path: str
    pid: int
    truncated: int = 0


def compare(side: Side, site: Site, machine_os: str | None, seen: Candidate, *, on_server: bool = True) -> Match:
    """How ``seen`` compares with the best of the side's programs; OTHER where the side has none that applies.

    ``on_server``: whether the end is the DPM Server's machine: footnote *6 says who holds a port there, and on any
    other machine that port is the DHCP server's.
    """
    replaced = seen.path.startswith("/") and seen.path.endswith(REPLACED)
    if replaced:
        seen = replace(seen, program=seen.program.removesuffix(REPLACED), path=seen.path.removesuffix(REPLACED))
    printed = programs(side, site, machine_os, on_server=on_server)
    held = {fold(one.name) for one, _ in printed}
    not_here = frozenset(fold(one.name) for one in side.executables if one.applies) - held
    found = best(tuple(printed), seen, not_here)
    if found is Match.PATH and (replaced or (machine_os is None and _depends_on_os(side, seen))):
        return Match.NAME
    return found


def programs(side: Side, site: Site, machine_os: str | None, *, on_server: bool) -> list[tuple[Executable, str]]:
    """The programs of a side that apply to an end, each with its path there."""
    conditional = [one for one in side.executables if one.applies]
    if conditional and not on_server:
        return [(one, one.path or one.name) for one in conditional if one.applies == "dhcp-server-here"]
    return [(one, one.path or one.name) for one in executables.programs(side, site, machine_os)]


def _depends_on_os(side: Side, seen: Candidate) -> bool:
    """Whether the path is that of a machine's Windows of which the profile does not say x86 or x64 (footnote *2)."""
    return "/" not in seen.path and any(one.os == "windows" for one in side.executables)


@lru_cache(maxsize=1 << 16)
def best(printed: Sequence[tuple[Executable, str]], seen: Candidate, not_here: frozenset[str]) -> Match:
    """The best match of a program among those that are printed."""
    if seen.pid == NO_PROCESS or is_without_name(seen.path or seen.program) or is_without_name(seen.program):
        return Match.UNKNOWN
    found = max((_one(executable, path, seen) for executable, path in printed), default=Match.OTHER)
    if found is Match.UNKNOWN and fold(_name(seen)) in not_here:
        return Match.OTHER
    return found


def is_without_name(program: str) -> bool:
    """Whether a record's text of a program names none: Sysmon writes ``<unknown process>``."""
    return not program or program.startswith("<") or program in {"-", "?"}


def _name(seen: Candidate) -> str:
    return base_name(seen.path) or seen.program


def _one(executable: Executable, printed: str, seen: Candidate) -> Match:
    if executable.service is not None:
        return _described(DESCRIBED[executable.service], seen)
    if "/" in printed:
        return _linux(executable.name, printed, seen)
    found = _windows(executable.name, printed, seen)
    # A name without a path may be a description of the table in another language: another program is not excluded.
    return Match.UNKNOWN if found is Match.OTHER and executable.path is None else found


def _described(described: Described, seen: Candidate) -> Match:
    name = fold(_name(seen))
    if name in described.names or (described.kernel and is_kernel(seen)):
        return Match.STAND_IN
    return Match.OTHER if described.closed else Match.UNKNOWN


def is_kernel(seen: Candidate) -> bool:
    """Whether a record shows Windows' kernel: the name System and its process id, as far as the record has one."""
    return fold(_name(seen)) == "system" and seen.pid in {KERNEL_PROCESS, NO_PID}


def _linux(name: str, printed: str, seen: Candidate) -> Match:
    if seen.path:
        if seen.path == printed:
            return Match.PATH
        return Match.NAME if base_name(seen.path) == name else Match.OTHER
    return Match.NAME if _same(name, seen) else Match.OTHER


def _windows(name: str, printed: str, seen: Candidate) -> Match:
    if not seen.path or "\\" not in seen.path:
        return Match.NAME if _same(fold(name), seen, folded=True) else Match.OTHER
    path = fold(seen.path)
    behind = behind_volume(path)
    if behind == fold(printed):
        return Match.PATH
    if fold(base_name(path)) == fold(name) or _is_short_of(base_name(path), fold(name)):
        return Match.NAME
    return Match.OTHER


def _same(name: str, seen: Candidate, *, folded: bool = False) -> bool:
    shown = fold(seen.program) if folded else seen.program
    if shown == name:
        return True
    return bool(seen.truncated) and len(shown.encode()) >= seen.truncated and name.startswith(shown)


def behind_volume(path: str) -> str:
    """A folded path of Windows behind its volume; nothing for a path that is not on a volume of the host itself."""
    if not path.isprintable() or "/" in path:
        return ""
    match = _VOLUME.match(path)
    rest = path[match.end() :] if match else _SYSTEM_ROOT.sub(lambda _: "\\windows", path, count=1)
    if not rest.startswith("\\") or rest.startswith(("\\\\", "\\device\\", "\\??\\")):
        return ""
    parts = rest.split("\\")[1:]
    if any(part in {"", ".", ".."} or ":" in part or part != part.rstrip(". ") for part in parts):
        return ""
    return rest


def _is_short_of(short: str, name: str) -> bool:
    """Whether ``short`` is a short name (8.3) that ``name`` can have; both folded."""
    match = _SHORT.fullmatch(short)
    if match is None:
        return False
    stem, _, extension = name.rpartition(".")
    plain = stem.replace(" ", "").replace(".", "")
    return plain.startswith(match[1]) and (match[2] or "")[1:] == extension[:3]
