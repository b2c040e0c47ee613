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


def programs(side: Side, site: Site, machine_os: str | None = None) -> tuple[Executable, ...]:
    """The programs of one side that exist at this site, their paths as ``declared`` has them."""
    here = (one for one in side.executables if _applies(one, site) and _runs_on(one, machine_os))
    return tuple(one.model_copy(update={"path": _path(one, side, site, machine_os)}) for one in here)


def _side(side: Side, site: Site, machine_os: str | None) -> str:
    return " or ".join(one.path or one.name for one in programs(side, site, machine_os)) or NONE_PRINTED


def _applies(executable: Executable, site: Site) -> bool:
    if executable.applies is None or site.dhcp_on_server is None:
        return True
    return (executable.applies == "dhcp-server-here") == site.dhcp_on_server


def _runs_on(executable: Executable, machine_os: str | None) -> bool:
    return None in (executable.os, machine_os) or executable.os == str(machine_os).partition("-")[0]


def _path(executable: Executable, side: Side, site: Site, machine_os: str | None) -> str | None:
    path = executable.path
    if path and Role.DPM_SERVER in side.roles and site.architecture == "x64":
        path = path.replace(*_X64_SERVER)
    if path and executable.os == "windows" and machine_os == "windows-x64":
        path = path.replace(*_X64_CLIENT)
    return path
