"""Everything on the same file, in turn, several times: what it took, round by round."""

import gzip
import shutil
import struct
from array import array
from dataclasses import replace
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import zstandard

from benchmarks.generate import generate
from benchmarks.measure import Run, measure
from benchmarks.peers import Peers, Say
from benchmarks.plan import Plan
from benchmarks.subjects import MOST_FLOWS, ROOT, Capture, Captures, Subject, loop, others, ours, plain

PIECE = 1 << 20
FLOWS_OF_MANY = 250
"""Flows of the capture with many flows, for each flow of the other one."""
LAB = ROOT / "sample_pcaps" / "lab"


def compare(folder: Path, plan: Plan, rounds: int, peers: Peers, say: Say) -> dict[str, Any]:
    """Make the captures in ``folder``, measure everything on them ``rounds`` times (what is slow: fewer times), and
    report the measurements of every subject."""
    captures = prepare(folder, plan, say)
    subjects = [*plain(captures), *ours(captures, folder), *others(captures, peers, folder)]
    say("loading the kernels, compiling them if they are new")
    measure(Subject("warm", "", "ours", loop("ours", "-", MOST_FLOWS, captures.tenth.path)), folder)
    runs: dict[str, list[Run]] = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        for subject in subjects:
            if number >= subject.most:
                continue
            run = measure(subject, folder)
            runs[subject.name].append(run)
            say(f"round {number + 1} of {rounds}: {subject.what}: {run.get('error') or _seconds(run)}")
    return {
        "capture": vars(plan) | {"octets": captures.whole.octets},
        "subjects": [
            {
                "name": subject.name,
                "what": subject.what,
                "group": subject.group,
                "cores": subject.cores,
                "packets": subject.capture.packets if subject.capture else 0,
                "octets": subject.capture.octets if subject.capture else 0,
                "runs": runs[subject.name],
            }
            for subject in subjects
        ],
    }


def _seconds(run: Run) -> str:
    return f"{run.get('seconds', run['wall']):.2f} s, {run['memory'] / 1e6:.0f} MB"


def prepare(folder: Path, plan: Plan, say: Say) -> Captures:
    """The captures: one made, and what is cut from it."""
    say(f"making a capture of {plan.packets} packets and {plan.flows} flows")
    whole = folder / "whole.pcap"
    size = generate(whole, plan)
    count = plan.packets
    cuts = {"tenth": count // 10, "few": count // 80, "fewest": count // 800, "part": count // 5}
    made = cut(whole, {folder / f"{name}.pcap": packets for name, packets in cuts.items()})
    part = folder / "part.pcap"
    zipped, packed = folder / "part.pcap.gz", folder / "part.pcap.zst"
    say("compressing a part of it")
    with part.open("rb") as file, gzip.open(zipped, "wb", compresslevel=6) as out:
        shutil.copyfileobj(file, out, PIECE)
    with part.open("rb") as file, packed.open("wb") as packed_file:
        zstandard.ZstdCompressor().copy_stream(file, packed_file)
    few = made[part]
    flows = plan.flows * FLOWS_OF_MANY
    many = replace(plan, packets=flows, flows=flows, boots=0, sizes="small")
    say(f"making a scan, and a capture of {flows} flows")
    return Captures(
        whole=Capture(whole, count, size),
        twice=Capture(twice(folder / "places", whole), 2 * count, 2 * size),
        tenth=made[folder / "tenth.pcap"],
        few=made[folder / "few.pcap"],
        fewest=made[folder / "fewest.pcap"],
        part=few,
        gzip=Capture(zipped, few.packets, zipped.stat().st_size),
        zstd=Capture(packed, few.packets, packed.stat().st_size),
        scan=Capture(folder / "scan.pcap", count, generate(folder / "scan.pcap", replace(plan, scan=0.25))),
        many=Capture(folder / "many.pcap", many.packets, generate(folder / "many.pcap", many)),
        lab=Capture(LAB, 0, sum(path.stat().st_size for path in LAB.glob("*.pcap"))),
    )


def twice(folder: Path, whole: Path) -> Path:
    """A folder that holds a capture under two names that are no series, as if two places had seen the same."""
    folder.mkdir(exist_ok=True)
    for name in ("east.pcap", "west.pcap"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).hardlink_to(whole)
    return folder


def cut(whole: Path, wanted: dict[Path, int]) -> dict[Path, Capture]:
    """Captures of their own out of the middle of a pcap, where traffic is as it is most of the time: as many packets as
    ``wanted`` states for each, one at least."""
    begins = records(whole)
    made: dict[Path, Capture] = {}
    with whole.open("rb") as file:
        head = file.read(begins[0])
        for path, asked in wanted.items():
            count = max(asked, 1)
            first = (len(begins) - 1 - count) // 2
            begin, end = begins[first], begins[first + count]
            file.seek(begin)
            with path.open("wb") as target:
                target.write(head)
                for place in range(begin, end, PIECE):
                    target.write(file.read(min(PIECE, end - place)))
            made[path] = Capture(path, count, len(head) + end - begin)
    return made


def records(whole: Path) -> "array[int]":
    """Where each record of a pcap begins, and where the last one ends."""
    begins, size = array("q", [24]), whole.stat().st_size
    with whole.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as octets:
        kept = struct.Struct("<8xI").unpack_from
        while begins[-1] < size:
            begins.append(begins[-1] + 16 + kept(octets, begins[-1])[0])
    return begins
