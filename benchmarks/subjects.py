"""What is measured: ourselves and the peers, each as a command over one of the captures."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from analyzer.flows.options import ReadOptions
from benchmarks.peers import Peers

ROOT = Path(__file__).resolve().parent.parent
LOOPS = ROOT / "benchmarks" / "loops"
OURS = (sys.executable, "-c", "from analyzer.cli import run; run()")

LAB_CAPTURE = "clean_server.pcap"
MOST_FLOWS = ReadOptions.max_flows
"""The limit of flows: the default of the commands."""

MANY, SLOW, ONCE = 1000, 3, 1
"""Rounds at most: of what is quick, of what takes long, of what takes minutes."""

Counts = dict[str, int]
Group = Literal["ours", "peer", "plain"]


@dataclass(frozen=True)
class Capture:
    """A capture that is read: its packets and its octets as they are stored."""

    path: Path
    packets: int
    octets: int


@dataclass(frozen=True)
class Subject:
    """One thing that is measured.

    ``what``: its text in the table. ``capture``: what it reads, if anything. ``cores``: how many it may use, 0 for all.
    ``most``: the most rounds in which it is measured. ``counts``: packets and flows out of what it left in a folder,
    where its own report has none.
    """

    name: str
    what: str
    group: Group
    command: tuple[str, ...]
    capture: Capture | None = None
    cores: int = 0
    most: int = MANY
    counts: Callable[[Path], Counts] = lambda _folder: {}


@dataclass(frozen=True)
class Captures:
    """The one that was made, the same as if taken at two places, what is cut from it for slow peers and to warm up, a
    part compressed, and a small one of another make. ``scan``: as many packets, a quarter of the hosts send datagrams
    to DPM's ports; ``many``: a flow for each packet."""

    whole: Capture
    twice: Capture
    tenth: Capture
    few: Capture
    fewest: Capture
    part: Capture
    gzip: Capture
    zstd: Capture
    lab: Capture
    scan: Capture
    many: Capture


def loop(name: str, *arguments: object, python: str | Path = sys.executable) -> tuple[str, ...]:
    """The command of a program in ``loops``."""
    return str(python), str(LOOPS / f"{name}.py"), *map(str, arguments)


def piped(capture: Capture, command: tuple[str, ...]) -> tuple[str, ...]:
    """The command with the capture on its standard input."""
    return "sh", "-c", f"cat {shlex.quote(str(capture.path))} | {shlex.join(command)}"


def uncompiled(cache: Path, command: tuple[str, ...]) -> tuple[str, ...]:
    """The command with an empty folder for compiled kernels."""
    there = shlex.quote(str(cache))
    return "sh", "-c", f"rm -rf {there} && XDG_CACHE_HOME={there} exec {shlex.join(command)}"


def ours(captures: Captures, folder: Path) -> list[Subject]:
    """DPM Analyzer's own."""
    whole, part = captures.whole, captures.part
    warm = captures.tenth.path

    def flow_table(*words: object) -> tuple[str, ...]:
        return loop("ours", warm, MOST_FLOWS, *words)

    twice, hashed = captures.twice, flow_table("--hashed", whole.path)
    places = flow_table("--hashed", *sorted(twice.path.glob("*.pcap")))

    report = str(folder / "report")
    analyze = (*OURS, "analyze", "--fail-on", "none", "--force", "--out", report)
    lab = captures.lab.path
    limit = ("--max-flows", str(max(MOST_FLOWS, captures.many.packets)))
    return [
        Subject("table1", "flow table, one core", "ours", flow_table(whole.path), whole, cores=1),
        Subject("table2", "flow table, two cores", "ours", flow_table(whole.path), whole, cores=2),
        Subject("pair", "flow table, two processes at once, a core each", "ours",
                loop("pair", warm, MOST_FLOWS, whole.path), whole),
        Subject("hashed1", "flow table, SHA-256, one core", "ours", hashed, whole, cores=1),
        Subject("hashed2", "flow table, SHA-256, two cores", "ours", hashed, whole, cores=2),
        Subject("places1", "flow table of two places, SHA-256, one core", "ours", places, twice, cores=1),
        Subject("places2", "flow table of two places, SHA-256, two cores", "ours", places, twice, cores=2),
        Subject("pipe", "flow table, through a pipe", "ours", piped(whole, flow_table("-")), whole),
        Subject("part", "flow table of a part", "ours", flow_table(part.path), part, cores=1),
        Subject("gzip", "flow table of the part, gzip", "ours", flow_table(captures.gzip.path), part, cores=1),
        Subject("zstd", "flow table of the part, zstd", "ours", flow_table(captures.zstd.path), part, cores=1),
        Subject("flows", "`flows`, whole command", "ours", (*OURS, "flows", str(whole.path)), whole, counts=_of_csv),
        Subject("analyze", "`analyze --no-dissect`, whole command", "ours",
                (*analyze, "--no-dissect", str(whole.path)), whole),
        Subject("scanned", "`analyze --no-dissect` of the scan, whole command", "ours",
                (*analyze, "--no-dissect", str(captures.scan.path)), captures.scan),
        Subject("flows-many", f"`flows` of {captures.many.packets:,} flows, whole command", "ours",
                (*OURS, "flows", *limit, str(captures.many.path)), captures.many, most=ONCE),
        Subject("analyze-many", f"`analyze --no-dissect` of {captures.many.packets:,} flows, whole command", "ours",
                (*analyze, "--no-dissect", *limit, str(captures.many.path)), captures.many, most=ONCE),
        Subject("lab", "`analyze` of 1 MB, with dissection, whole command", "ours",
                (*analyze, "--site", str(lab / "site.yaml"), str(lab)), captures.lab),
        Subject("lab1", "`analyze` of 0.6 MB, with dissection, whole command", "ours",
                (*analyze, "--site", str(lab / "site.yaml"), str(lab / LAB_CAPTURE))),
        Subject("first", "`flows` of a tenth, nothing compiled yet, whole command", "ours",
                uncompiled(folder / "compiled", (*OURS, "flows", str(warm))), most=SLOW),
        Subject("second", "`flows` of a tenth, whole command", "ours", (*OURS, "flows", str(warm))),
        Subject("many", "an analysis of 80 KB among many in one process, without tshark", "ours",
                loop("many", 200, 180)),
        Subject("help", "`--help`, whole command", "ours", (*OURS, "--help")),
    ]  # fmt: skip


def plain(captures: Captures) -> list[Subject]:
    """What the machine allows: the same octets read, hashed, decompressed, and nothing else."""
    whole, part = captures.whole, captures.part

    def work(what: str, path: object) -> tuple[str, ...]:
        return loop("plain", what, path)

    return [
        Subject("read", "plain read from the page cache", "plain", work("read", whole.path), whole, cores=1),
        Subject("hash", "read and SHA-256", "plain", work("hash", whole.path), whole, cores=1),
        Subject("cat", "plain read through a pipe", "plain", piped(whole, work("read", "-")), whole),
        Subject("gunzip", "the part, gzip taken off", "plain", work("gzip", captures.gzip.path), part, cores=1),
        Subject("unzstd", "the part, zstd taken off", "plain", work("zstd", captures.zstd.path), part, cores=1),
    ]


def others(captures: Captures, peers: Peers, folder: Path) -> list[Subject]:
    """The peers that are there. They may use every core."""
    whole, tenth = captures.whole, captures.tenth
    netflow, records = folder / "nfpcapd", folder / "argus.records"
    netflow.mkdir(exist_ok=True)
    there = {"python": peers.python}
    every = [
        ("nfpcapd", Subject("nfpcapd", "nfpcapd", "peer", ("nfpcapd", "-r", str(whole.path), "-w", str(netflow)), whole,
                            counts=_of_nfpcapd)),
        ("nfpcapd", Subject("nfpcapd-scan", "nfpcapd, of the scan", "ours",
                            ("nfpcapd", "-r", str(captures.scan.path), "-w", str(netflow)), captures.scan)),
        ("argus", Subject("argus", "argus", "peer", ("argus", "-r", str(whole.path), "-w", str(records)), whole,
                          counts=lambda _: _of_argus(records, peers))),
        ("nfstream", Subject("nfstream1", "NFStream, one meter", "peer",
                             loop("nfstream_loop", 1, whole.path, **there), whole, most=SLOW)),
        ("nfstream", Subject("nfstream", "NFStream, meters by default", "peer",
                             loop("nfstream_loop", 0, whole.path, **there), whole, most=SLOW)),
        ("dpkt", Subject("dpkt", "dpkt, a dictionary of 5-tuples", "peer",
                         loop("dpkt_loop", whole.path, **there), whole, most=SLOW)),
        ("tshark", Subject("tshark", "tshark, conversations", "peer",
                           ("tshark", "-r", str(tenth.path), "-n", "-q", "-z", "conv,tcp", "-z", "conv,udp"), tenth,
                           most=SLOW, counts=_of_tshark)),
        ("tshark", Subject("ek", "`tshark -T ek` of the same 0.6 MB, whole command", "ours",
                           ("tshark", "-T", "ek", "-r", str(captures.lab.path / LAB_CAPTURE)))),
        ("scapy", Subject("scapy", "scapy, a dictionary of 5-tuples", "peer",
                          loop("scapy_loop", captures.few.path, **there), captures.few, most=SLOW)),
        ("pyshark", Subject("pyshark", "pyshark, a dictionary of 5-tuples", "peer",
                            loop("pyshark_loop", captures.fewest.path, **there), captures.fewest, most=SLOW)),
    ]  # fmt: skip
    needed = {"pyshark": {"pyshark", "tshark"}}
    return [subject for name, subject in every if all(part in peers for part in needed.get(name, {name}))]


def _of_csv(folder: Path) -> Counts:
    with (folder / "out").open("rb") as file:
        return {"flows": sum(1 for _ in file) - 1}


def _of_nfpcapd(folder: Path) -> Counts:
    printed = "".join((folder / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
    packets = re.search(r"Processed: (\d+)", printed)
    flows = sum(map(int, re.findall(r"Flows: (\d+)", printed)))
    return {"packets": int(packets[1]) if packets else 0, "flows": flows}


def _of_argus(records: Path, peers: Peers) -> Counts:
    """argus adds to the records that are there, so each run's are taken away."""
    command = ["racount", "-r", str(records)]
    printed = subprocess.run(command, capture_output=True, check=False, text=True).stdout if "racount" in peers else ""
    records.unlink(missing_ok=True)
    found = re.search(r"sum\s+(\d+)\s+(\d+)", printed)
    return {"flows": int(found[1]), "packets": int(found[2])} if found else {}


def _of_tshark(folder: Path) -> Counts:
    """A line a conversation; the last of its three pairs of frames and octets is the total."""
    lines = [line for line in (folder / "out").read_text(encoding="utf-8").splitlines() if "<->" in line]
    pairs = [re.findall(r"(\d+)\s+\d+\s?(?:bytes|[kMG]B)", line) for line in lines]
    return {"flows": len(lines), "packets": sum(int(pair[2]) for pair in pairs if len(pair) == 3)}
