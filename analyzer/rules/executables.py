"""The programs that the table prints for a row, as they would be named on the machines of a site."""

from analyzer.rules.model import Executable, Rule, Side
from analyzer.site import Site
from analyzer.values import Role

NONE_PRINTED = "none printed"

_X64_SERVER = ("\\Program Files\\", "\\Program Files (x86)\\")
_X64_CLIENT = ("\\system32\\", "\\SysWOW64\\")


def declared(rule: Rule, site: Site, machine_os: str | None = None) -> str:
    """``<originator's> -> <responder's>`` programs; several joined by " or ", "none printed" where there is none.

    Footnote *1 puts the DPM Server's paths into those of its architecture, *2 a Windows client's into those of
    ``machine_os`` (windows-x86, windows-x64 or linux; None: as printed, of every family), and *6 says which program
    holds the DHCP port; both are named where the profile says nothing of DHCP.
    """
    return " -> ".join(_side(side, site, machine_os) for side in (rule.originator, rule.responder))


def expected(side: Side, site: Site, machine_os: str | None = None) -> list[tuple[Executable, str]]:
    """The programs of one side that apply at the site, each with its path (its name where none is printed) as
    footnotes *1, *2 and *6 have it; ``machine_os`` as for ``declared``."""
    here = [one for one in side.executables if _applies(one, site) and _runs_on(one, machine_os)]
    return [(one, _named(one, side, site, machine_os)) for one in here]


def _side(side: Side, site: Site, machine_os: str | None) -> str:
    return " or ".join(path for _, path in expected(side, site, machine_os)) or NONE_PRINTED


def _applies(executable: Executable, site: Site) -> bool:
    if executable.applies is None or site.dhcp_on_server is None:
        return True
    return (executable.applies == "dhcp-server-here") == site.dhcp_on_server


def _runs_on(executable: Executable, machine_os: str | None) -> bool:
    return None in (executable.os, machine_os) or executable.os == str(machine_os).partition("-")[0]


def _named(executable: Executable, side: Side, site: Site, machine_os: str | None) -> str:
    path = executable.path or executable.name
    if Role.DPM_SERVER in side.roles and site.architecture == "x64":
        path = path.replace(*_X64_SERVER)
    if executable.os == "windows" and machine_os == "windows-x64":
        path = path.replace(*_X64_CLIENT)
    return path
