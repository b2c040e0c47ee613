"""The blocks of a pcapng file that say which program a packet belongs to, one at a time, whatever the file's size.

Source: draft-ietf-opsawg-pcapng (blocks, options, ``epb_flags`` 2, ``epb_processid_threadid`` 8). Darwin's block
0x80000001 has a process id and the options 2 (name), 3 (path) and 4 (UUID); packets name it by its number in option
0x8001, and that of the process on whose behalf it acts in 0x8003. Wireshark's Process Information Block is a custom
block of the enterprise 32622 whose entry type is 3; its process id and options are read as those of Darwin's block.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, NamedTuple

from analyzer.host_evidence.moments import storable
from analyzer.host_evidence.readers.collect import TooMuch

SECTION, INTERFACE, ENHANCED, DARWIN = 0x0A0D0D0A, 1, 6, 0x80000001
CUSTOM = frozenset({0xBAD, 0x40000BAD})
WIRESHARK, PROCESS_ENTRY = 32622, 3
COMMENT, FLAGS, PROCESS_THREAD, DARWIN_PROCESS, DARWIN_EFFECTIVE = 1, 2, 8, 0x8001, 0x8003
NAME, PATH = 2, 3
LARGEST_BLOCK = 16 << 20
MOST_OPTIONS = 200
MOST_PROCESSES = 1 << 16
_MAGIC = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}

Order = Literal["<", ">"]


class Process(NamedTuple):
    """What a block says of a process."""

    pid: int
    name: str
    path: str


class PacketNote(NamedTuple):
    """A packet and what its options say.

    ``time``: NO_TIME where it is none that a table can hold. ``direction``: 1 inbound, 2 outbound, 0 not known.
    ``thread``: the process id of option 8, ``darwin``: the process that the packet names; None where there is none.
    """

    frame: int
    time: int
    link: int
    octets: bytes
    original: int
    direction: int
    comments: tuple[str, ...]
    thread: Process | None
    darwin: Process | None


class _Interface(NamedTuple):
    link: int
    ticks: tuple[int, int]
    offset: int


@dataclass
class _Beside:
    comments: list[str] = field(default_factory=list)
    direction: int = 0
    thread: Process | None = None
    darwin: Process | None = None
    effective: Process | None = None

    @property
    def says_something(self) -> bool:
        return bool(self.comments) or any((self.thread, self.darwin, self.effective))


@dataclass
class Blocks:
    """Walks a pcapng stream. ``damaged``: it stopped before the end."""

    file: BinaryIO
    order: Order = "<"
    damaged: bool = False
    frames: int = 0
    _interfaces: list[_Interface] = field(default_factory=list)
    _by_number: list[Process] = field(default_factory=list)
    _by_pid: dict[int, Process] = field(default_factory=dict)

    def packets(self) -> Iterator[PacketNote]:
        """Every enhanced packet, in order."""
        while True:
            head = self.file.read(12)
            if len(head) < 12:
                self.damaged = bool(head)
                return
            if head[:4] == b"\n\r\r\n":
                order = _MAGIC.get(head[8:12])
                if order is None:
                    self.damaged = True
                    return
                self._section(order)
            kind, length = struct.unpack(self.order + "II", head[:8])
            if not 12 <= length <= LARGEST_BLOCK or length & 3:
                self.damaged = True
                return
            body = head[8:] + self.file.read(length - 12)
            if len(body) < length - 8:
                self.damaged = True
                return
            if (note := self._take(kind, body[:-4])) is not None:
                yield note

    def _section(self, order: str) -> None:
        self.order = "<" if order == "<" else ">"
        self._interfaces.clear()
        self._by_number.clear()
        self._by_pid.clear()

    def _take(self, kind: int, body: bytes) -> PacketNote | None:
        if kind == INTERFACE:
            self._interface(body)
        elif kind == DARWIN:
            self._process(body)
        elif kind in CUSTOM and len(body) >= 12 and self._numbers(body, 0, 2) == (WIRESHARK, PROCESS_ENTRY):
            self._process(body[8:])
        elif kind == ENHANCED:
            self.frames += 1
            return self._packet(body)
        elif kind in {2, 3}:
            self.frames += 1
        return None

    def _numbers(self, body: bytes, at: int, count: int) -> tuple[int, ...]:
        return struct.unpack_from(f"{self.order}{count}I", body, at)

    def _interface(self, body: bytes) -> None:
        if len(body) < 8 or len(self._interfaces) >= MOST_PROCESSES:
            return
        ticks, offset = (1000, 1), 0
        for code, value in self._options(body, 8):
            if code == 9 and len(value) == 1:
                ticks = _ticks(value[0])
            elif code == 14 and len(value) == 8:
                offset = struct.unpack(self.order + "q", value)[0] * 1_000_000_000
        self._interfaces.append(_Interface(struct.unpack_from(self.order + "H", body)[0], ticks, offset))

    def _process(self, body: bytes) -> None:
        if len(body) < 4:
            return
        if len(self._by_number) >= MOST_PROCESSES:
            raise TooMuch("too-many-processes")
        texts = {NAME: "", PATH: ""}
        for code, value in self._options(body, 4):
            if code in texts:
                texts[code] = _text(value)
        process = Process(self._numbers(body, 0, 1)[0], texts[NAME], texts[PATH])
        self._by_number.append(process)
        self._by_pid[process.pid] = process

    def _packet(self, body: bytes) -> PacketNote | None:
        if len(body) < 20:
            return None
        number, high, low, captured, original = self._numbers(body, 0, 5)
        if number >= len(self._interfaces) or 20 + captured > len(body):
            return None
        interface = self._interfaces[number]
        beside = self._beside(body, 20 + (captured + 3 & ~3))
        if not beside.says_something:
            return None
        multiply, divide = interface.ticks
        time = storable(((high << 32 | low) * multiply) // divide + interface.offset)
        return PacketNote(
            frame=self.frames,
            time=time,
            link=interface.link,
            octets=body[20 : 20 + captured],
            original=original,
            direction=beside.direction,
            comments=tuple(beside.comments),
            thread=beside.thread,
            darwin=beside.darwin or beside.effective,
        )

    def _beside(self, body: bytes, at: int) -> "_Beside":
        """What the options of a packet say."""
        found = _Beside()
        for code, value in self._options(body, at):
            if code == COMMENT:
                found.comments.append(_text(value))
            elif code == FLAGS and len(value) == 4:
                found.direction = self._numbers(value, 0, 1)[0] & 3
            elif code == PROCESS_THREAD and len(value) == 8:
                pid = self._numbers(value, 0, 1)[0]
                found.thread = self._by_pid.get(pid, Process(pid, "", ""))
            elif code in {DARWIN_PROCESS, DARWIN_EFFECTIVE} and len(value) == 4:
                name = "darwin" if code == DARWIN_PROCESS else "effective"
                setattr(found, name, self._numbered(value))
        return found

    def _numbered(self, value: bytes) -> Process | None:
        number = self._numbers(value, 0, 1)[0]
        return self._by_number[number] if number < len(self._by_number) else None

    def _options(self, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        for _ in range(MOST_OPTIONS):
            if len(body) - at < 4:
                return
            code, size = struct.unpack_from(self.order + "HH", body, at)
            if code == 0 or at + 4 + size > len(body):
                return
            yield code, body[at + 4 : at + 4 + size]
            at += 4 + (size + 3 & ~3)


def _ticks(resolution: int) -> tuple[int, int]:
    """What a tick is in nanoseconds, as a fraction."""
    digits = min(resolution & 0x7F, 62)
    if resolution & 0x80:
        return 1_000_000_000, 1 << digits
    return (10 ** (9 - digits), 1) if digits <= 9 else (1, 10 ** (digits - 9))


def _text(value: bytes) -> str:
    return value.split(b"\0", 1)[0].decode("utf-8", "replace")
