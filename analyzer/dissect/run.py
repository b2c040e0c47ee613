"""Dissects cut frames with tshark and returns observations, even if tshark fails."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.dissect.facts import facts_of
from analyzer.dissect.layers import Layers
from analyzer.dissect.model import Cut, Dissection, Observation
from analyzer.dissect.program_file import ProgramFile
from analyzer.dissect.proof import PROOFS, long_enough, payload_protocols, recognised
from analyzer.dissect.write import pcapng
from analyzer.messages import Message, message
from analyzer.net import DHCP_CLIENT, DHCP_SERVER, PXE, TFTP
from analyzer.operating_system import processes, programs
from analyzer.text import clip

if TYPE_CHECKING:
    from analyzer.dissect.process import TsharkRun

_TFTP_PORTS = 200
"""Ports that tshark reads as TFTP; each is an argument of its command."""
MOST_PRINTED = 1 << 20
"""Octets that tshark may print as its version."""
_ROUNDS = 3
"""Further runs for frames whose content proved nothing although a dissector of tshark took them."""

_PREFERENCES = {
    # A frame is dissected by itself: nothing waits for a later segment or fragment.
    "tcp.desegment_tcp_streams": "FALSE", "ip.defragment": "FALSE", "ipv6.defragment": "FALSE",
    # A cut capture has gaps, which must not be taken for retransmissions.
    "tcp.analyze_sequence_numbers": "FALSE",
    "ip.check_checksum": "FALSE", "tcp.check_checksum": "FALSE", "udp.check_checksum": "FALSE",
}  # fmt: skip
_FIRST = {"tcp.try_heuristic_first": "TRUE", "udp.try_heuristic_first": "FALSE"}
"""TCP by content before port (TLS on 80); UDP by port, since its contents prove less (DHCP, TFTP)."""
_AGAIN = {"tcp.try_heuristic_first": "FALSE", "udp.try_heuristic_first": "TRUE"}
"""The opposite order: for a magic packet on port 7, or where a weak guess took what the port shows better."""


@dataclass
class _Job:
    """One dissection: what its runs of tshark share, and what they found, by the place of the cut in the caller's
    order."""

    cuts: Sequence[Cut]
    folder: Path
    tshark: str
    deadline: float
    ports: Sequence[int]
    begun: ExitStack
    runs: int = 0
    version: str = ""
    problem: Message | None = None
    found: dict[int, Observation] = field(default_factory=dict)
    doubtful: list[int] = field(default_factory=list)

    def left(self) -> float:
        return self.deadline - time.monotonic()


def find_tshark() -> str:
    """The path of tshark, ``""`` if there is none: on PATH, or where Wireshark's installer puts it on macOS or
    Windows."""
    installed = (place for place in programs.find_wireshark("tshark") if Path(place).is_file())
    return programs.find_program("tshark") or next(installed, "")


def dissect(
    cuts: Sequence[Cut], *, seconds: float = 60.0, tshark: str = "", tftp_ports: frozenset[int] = frozenset()
) -> Dissection:
    """What each cut is, by its content.

    ``seconds``: the time limit of the whole call; what was dissected by then is returned. ``tshark``: its path,
    searched for when empty. ``tftp_ports``: UDP ports to read as TFTP, for transfers that moved to ports of their own;
    the lowest 200 count. Never raises for bad packets nor for tshark, which has ended when this returns
    or is interrupted.
    """
    if not cuts:
        return Dissection(())
    path = tshark or find_tshark()
    if not path or not shutil.which(path):
        return Dissection((), message("tshark-missing"))
    ports = sorted(tftp_ports - {0, DHCP_SERVER, DHCP_CLIENT, TFTP, PXE})[:_TFTP_PORTS]
    try:
        with (
            tempfile.TemporaryDirectory(prefix="dissect-", ignore_cleanup_errors=True) as folder,
            ExitStack() as begun,
        ):
            job = _Job(cuts, Path(folder), str(Path(path).absolute()), time.monotonic() + seconds, ports, begun)
            _work(job)
    except OSError as error:
        return Dissection((), message("dissection-failed", error=error.strerror or str(error)))
    return Dissection(tuple(job.found[place] for place in sorted(job.found)), job.problem, job.version)


def _work(job: _Job) -> None:
    program = ProgramFile.at(job.tshark)
    job.version = program.known_version()
    version_process = None if job.version else _start_version(job)
    if version_process is None and not job.version:
        return
    run = _begin(job, _FIRST)
    if version_process is not None:
        job.version = _version(job, version_process)
    if not job.version:
        return
    program.keep_version(job.version)
    _dissect(job, run, list(range(len(job.cuts))), guessed=False)
    for _ in range(_ROUNDS):
        # tshark does not change what it took a conversation for: the doubtful frames go to a new tshark by themselves.
        # It is started when there are such frames: a start takes more CPU time than a small capture.
        doubtful, job.doubtful = sorted(job.doubtful), []
        if not doubtful or job.problem:
            return
        _dissect(job, _begin(job, _AGAIN), doubtful, guessed=True)
        if len(job.doubtful) == len(doubtful):
            return


def _begin(job: _Job, order: Mapping[str, str]) -> "TsharkRun":
    """A tshark that starts for one run."""
    from analyzer.dissect.process import TsharkRun  # noqa: PLC0415 - pyshark takes a while to import, and may never be needed

    job.runs += 1
    run = job.begun.enter_context(TsharkRun(job.tshark, environment(job.folder), job.folder / f"errors-{job.runs}"))
    run.begin(_words(order, job.ports))
    return run


def _dissect(job: _Job, run: "TsharkRun", places: Sequence[int], *, guessed: bool) -> None:
    """Dissect the cuts at ``places``; an application that was found before stays."""
    run.read(_consumer(job, places, guessed=guessed), job.left(), pcapng(job.cuts[place] for place in places))
    job.problem = problem_of(run, len(places))


def _consumer(job: _Job, places: Sequence[int], *, guessed: bool) -> Callable[[Layers], None]:
    def consume(frame: Layers) -> None:
        if frame.place > len(places):
            return
        place = places[frame.place - 1]
        application, layer = recognised(frame, guessed=guessed)
        if not application and payload_protocols(frame.protocols) and long_enough(frame):
            job.doubtful.append(place)
        if application or place not in job.found:
            facts = facts_of(application, layer, job.cuts[place].octets)
            job.found[place] = Observation(job.cuts[place].number, application, frame.malformed, facts)

    return consume


def _words(order: Mapping[str, str], ports: Sequence[int]) -> dict[str, Any]:
    """The arguments of pyshark's Capture. tshark prints only the layers that are read."""
    wanted = " ".join(["frame", "tcp", "_ws.malformed", *PROOFS])
    return {
        "override_prefs": {**_PREFERENCES, **order},
        "decode_as": {f"udp.port=={PXE}": "dhcp"} | {f"udp.port=={port}": "tftp" for port in ports},
        "custom_parameters": ["-J", wanted, "-r", "-"],
    }


def environment(folder: Path) -> dict[str, str]:
    """The environment without anything that leads tshark to settings, profiles or plug-ins of the user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WIRESHARK_", "XDG_"))}
    own = str(folder)
    return kept | {"HOME": own, "WIRESHARK_CONFIG_DIR": own, "XDG_CONFIG_HOME": own, "LC_ALL": "C"}


def _start_version(job: _Job) -> "subprocess.Popen[bytes] | None":
    """A tshark that prints its version; None and a problem if it does not start."""
    try:
        with (job.folder / "version").open("wb") as out:
            process = processes.start(
                [job.tshark, "--version"], most_written=MOST_PRINTED,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
                env=environment(job.folder), cwd=job.folder,
            )  # fmt: skip
    except OSError as error:
        job.problem = message("tshark-not-started", error=error.strerror or "")
        return None
    job.begun.callback(processes.end, process)
    return process


def _version(job: _Job, version_process: "subprocess.Popen[bytes]") -> str:
    """tshark's version; ``""`` and a problem if it prints none."""
    try:
        processes.wait(version_process, max(job.left(), 0))
    except subprocess.TimeoutExpired:
        job.problem = message("tshark-silent", frames=len(job.cuts))
        return ""
    finally:
        processes.end(version_process)
    with (job.folder / "version").open("rb") as text:
        stated = re.search(rb"\b(\d{1,4}\.\d{1,4}\.\d{1,4})\b", text.read(1000))
    if stated is None:
        job.problem = message("tshark-without-version", exit_code=version_process.returncode)
        return ""
    return stated[1].decode()


def problem_of(run: Any, count: int) -> Message | None:
    """Why a run did not go well; None for one that did."""
    counts = {"done": run.seen, "frames": count}
    if run.expired:
        return message("dissection-time-limit", **counts)
    if run.failure:
        return message("dissection-stopped", error=clip(run.failure, 200), **counts)
    if run.code:
        return message("tshark-failed", how=processes.end_of(run.code), error=_last_words(run.errors), **counts)
    return message("tshark-ended", **counts) if run.seen < count else None


def _last_words(errors: Path) -> str:
    try:
        with errors.open("rb") as file:
            lines = [line for line in file.read(10_000).decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return ""
    said = [line for line in lines if not line.startswith("Running as user")]
    return clip(said[-1], 200) if said else ""
