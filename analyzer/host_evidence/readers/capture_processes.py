"""Programs that a capture itself names: blocks and comments of pcapng, and the link layer of Apple's PKTAP.

A packet's note has the packet's time, so no clock has to be known. What a comment says is free text, and the process id
of etl2pcapng is that of the process that ran when the packet was seen: ``KINDS`` limits what they
can show.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from analyzer import net
from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.decode import decode
from analyzer.host_evidence.model import CAPTURE_CLOCK, NO_PID, SECOND, Attribution, Local
from analyzer.host_evidence.readers.collect import Collector, base_name, clipped
from analyzer.host_evidence.readers.pcapng_blocks import Blocks, PacketNote, Process

PKTAP = 258
PAUSE = SECOND
"""Nanoseconds without a packet of a program at a pair of ends after which another record begins."""
MOST_FRAMES = 5_000_000
"""Frames with a note that are decoded."""
_PCAP = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
         b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}  # fmt: skip
_PTCPDUMP = re.compile(r"PID: (\d{1,10})\nCmd: ([^\n]{0,4096})")
_RUSTNET = re.compile(r"rustnet(?= )(?:.*? process=(?P<name>\S{1,255}))?(?:.*? pid=(?P<pid>\d{1,10}))?")
_ETL2PCAPNG = re.compile(r"PID=(\d{1,10}) TID=\d")
_PKTAP_HEAD = 108
"""Octets of PKTAP's header up to and including the name of the effective process (pktap.h of Darwin)."""


class _Said(NamedTuple):
    kind: str
    program: str
    path: str
    pid: int


@dataclass
class _Seen:
    since: int
    until: int
    frame: int
    local: Local


_OPPOSITE: dict[Local, Local] = {"a": "b", "b": "a", "": ""}


@dataclass
class _Sums:
    """One record for each program at each pair of ends, whatever the number of packets, until there is a pause: after
    it the same ends may be those of another connection. ``held``: the records of each pair, the last one open."""

    held: dict[tuple[str, tuple[str, int], tuple[str, int], _Said], list[_Seen]] = field(default_factory=dict)
    count: int = 0

    def add(self, ends: "_Ends", said: _Said, time: int, frame: int, local: Local) -> None:
        key = (ends.proto, ends.a, ends.b, said)
        opposite = (ends.proto, ends.b, ends.a, said)
        if opposite in self.held:
            key, local = opposite, _OPPOSITE[local]
        spans = self.held.setdefault(key, [])
        if not spans or not spans[-1].since - PAUSE <= time <= spans[-1].until + PAUSE:
            spans.append(_Seen(time, time, frame, local))
            self.count += 1
        else:
            seen = spans[-1]
            seen.since, seen.until = min(seen.since, time), max(seen.until, time)
            seen.local = seen.local or local


class _Ends(NamedTuple):
    proto: str
    a: tuple[str, int]
    b: tuple[str, int]


def read(path: Path, into: Collector) -> None:
    """Every program that the capture names. Raises TooMuch where a limit was reached."""
    sums = _Sums()
    host = f"file:{into.source}"
    decoded = 0
    for note, said in _notes(path, into):
        decoded += 1
        if decoded > MOST_FRAMES or sums.count > into.most:
            into.unread += 1
            continue
        _add(note, said, sums)
    for (proto, a, b, said), spans in sums.held.items():
        for seen in spans:
            into.saw(host, said.kind, CAPTURE_CLOCK, seen.since, None)
            into.saw(host, said.kind, CAPTURE_CLOCK, seen.until, None)
            into.add(
                Attribution(
                    host, proto, *a, *b, seen.local, said.program, said.path, said.pid, seen.since, seen.until, False,
                    CAPTURE_CLOCK, said.kind, into.source, str(seen.frame),
                ),
                said.kind,
            )  # fmt: skip


def _notes(path: Path, into: Collector) -> Iterator[tuple[PacketNote, _Said]]:
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start in _PCAP:
            for note in _pktap_pcap(path):
                yield from ((note, said) for said in _pktap(note))
            return
        blocks = Blocks(file)
        for note in blocks.packets():
            for said in (*_from_blocks(note), *_from_comments(note.comments), *_pktap(note)):
                yield note, said
        into.unread += blocks.damaged


def _from_blocks(note: PacketNote) -> Iterator[_Said]:
    for kind, process in (("process-block", note.thread), ("darwin-block", note.darwin)):
        if process is not None:
            yield _said(kind, process)


def _said(kind: str, process: Process) -> _Said:
    path = clipped(process.path)
    return _Said(kind, clipped(process.name) or base_name(path), path, process.pid)


def _from_comments(comments: tuple[str, ...]) -> Iterator[_Said]:
    for comment in comments[:20]:
        if match := _PTCPDUMP.search(comment):
            path = clipped(match[2].strip())
            yield _Said("comment-ptcpdump", base_name(path), path, int(match[1]))
        elif match := _RUSTNET.match(comment):
            if match["name"] or match["pid"]:
                yield _Said("comment-rustnet", match["name"] or "", "", int(match["pid"] or NO_PID))
        elif match := _ETL2PCAPNG.match(comment):
            yield _Said("comment-etl2pcapng", "", "", int(match[1]))


def _pktap(note: PacketNote) -> Iterator[_Said]:
    if note.link != PKTAP or len(note.octets) < _PKTAP_HEAD:
        return
    pid = struct.unpack_from("<i", note.octets, 52)[0]
    name = note.octets[56:73].split(b"\0", 1)[0].decode("utf-8", "replace")
    if pid > 0 or name:
        yield _Said("pktap", clipped(name), "", pid if pid > 0 else NO_PID)


def _pktap_pcap(path: Path) -> Iterator[PacketNote]:
    """The packets of a classic capture whose link type is PKTAP; nothing of any other."""
    with path.open("rb") as file:
        head = file.read(24)
        if len(head) < 24:
            return
        order, unit = _PCAP[head[:4]]
        link = struct.unpack(order + "I", head[20:])[0] & 0xFFFF
        frame = 0
        while link == PKTAP and len(record := file.read(16)) == 16:
            seconds, rest, captured, original = struct.unpack(order + "4I", record)
            if captured > 1 << 18:
                return
            frame += 1
            time = seconds * 1_000_000_000 + rest * unit
            yield PacketNote(frame, time, link, file.read(captured), original, 0, (), None, None)


def _add(note: PacketNote, said: _Said, sums: _Sums) -> None:
    ends = _ends(note)
    if ends is None:
        return
    local: Local = "b" if note.direction == 1 else "a" if note.direction == 2 else ""
    sums.add(ends, said, note.time, note.frame, local)


def _ends(note: PacketNote) -> _Ends | None:
    """The two ends of a packet, as the flow table has them; None for what has no ports."""
    octets, link, original = note.octets, note.link, note.original
    if link == PKTAP:
        if len(octets) < _PKTAP_HEAD:
            return None
        length, _, link = struct.unpack_from("<3I", octets)
        octets, original = octets[length:], original - length
    row = [0] * f.ROW_WIDTH
    status = decode(octets, 0, len(octets), max(original, len(octets)), link, 1, row)
    proto = {net.TCP: "tcp", net.UDP: "udp"}.get(row[f.PROTO], "")
    if status != f.IN_FLOW or not proto or row[f.SPORT] < 0:
        return None
    source = net.address_text(row[f.VERSION], (row[f.SRC], row[f.SRC1], row[f.SRC2], row[f.SRC3]))
    target = net.address_text(row[f.VERSION], (row[f.DST], row[f.DST1], row[f.DST2], row[f.DST3]))
    return _Ends(proto, (source, row[f.SPORT]), (target, row[f.DPORT]))
