"""Everything on the same file, in turn, several times: what it took, round by round."""

import gzip
import shutil
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import zstandard

from benchmarks.generate import generate
from benchmarks.measure import Run, measure
from benchmarks.peers import Peers, Say
from benchmarks.plan import Plan
from benchmarks.subjects import ROOT, Capture, Captures, Subject, loop, others, ours, plain

PIECE = 1 << 20
LAB = ROOT / "sample_pcaps" / "lab"


def compare(folder: Path, plan: Plan, rounds: int, peers: Peers, say: Say) -> dict[str, Any]:
    """Make the capture in ``folder``, measure everything on it ``rounds`` times (slow ones three times at most), and
    tell the measurements of every subject."""
    captures = prepare(folder, plan, say)
    subjects = [*plain(captures), *ours(captures, folder), *others(captures, peers, folder)]
    say("loading the kernels, compiling them if they are new")
    measure(Subject("warm", "", "ours", loop("ours", "-", 2_000_000, captures.tenth.path)), folder)
    runs: dict[str, list[Run]] = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        for subject in subjects:
            if subject.slow and number >= 3:
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
    return Captures(
        whole=Capture(whole, count, size),
        tenth=made[folder / "tenth.pcap"],
        few=made[folder / "few.pcap"],
        fewest=made[folder / "fewest.pcap"],
        part=few,
        gzip=Capture(zipped, few.packets, zipped.stat().st_size),
        zstd=Capture(packed, few.packets, packed.stat().st_size),
        lab=Capture(LAB, 0, sum(path.stat().st_size for path in LAB.glob("*.pcap"))),
    )


def cut(whole: Path, wanted: dict[Path, int]) -> dict[Path, Capture]:
    """The first packets of a pcap as captures of their own, as many as ``wanted`` says of each (one at least)."""
    made: dict[Path, Capture] = {}
    left = {path: max(count, 1) for path, count in wanted.items()}
    ends = dict(zip(sorted(set(left.values())), _ends(whole, sorted(set(left.values()))), strict=True))
    for path, count in left.items():
        with ExitStack() as stack:
            source, target = stack.enter_context(whole.open("rb")), stack.enter_context(path.open("wb"))
            for begin in range(0, ends[count], PIECE):
                target.write(source.read(min(PIECE, ends[count] - begin)))
        made[path] = Capture(path, count, ends[count])
    return made


def _ends(whole: Path, counts: list[int]) -> Iterator[int]:
    """Where the first so many packets end, for each of the ascending ``counts``."""
    with whole.open("rb", buffering=PIECE) as file:
        place, done = 24, 0
        for count in counts:
            for _ in range(done, count):
                file.seek(place)
                place += 16 + struct.unpack("<8xI4x", file.read(16))[0]
            done = count
            yield place
