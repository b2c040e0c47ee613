"""Columns of packets to the octets of a capture: headers from templates, checksums, and what fills the payloads."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from benchmarks.traffic import TCP, UDP, Array, Packets

Container = Literal["pcap", "pcapng"]

_RECORDS: dict[Container, list[Any]] = {
    "pcap": [("seconds", "<u4"), ("fraction", "<u4"), ("kept", "<u4"), ("length", "<u4")],
    "pcapng": [
        *[("block", "<u4"), ("total", "<u4"), ("interface", "<u4"), ("upper", "<u4"), ("lower", "<u4")],
        *[("kept", "<u4"), ("length", "<u4")],
    ],
}
_ETHERNET = [("to", "u1", 6), ("from", "u1", 6), ("ethertype", ">u2")]
_IP4 = [
    *[("version", "u1"), ("tos", "u1"), ("whole", ">u2"), ("identification", ">u2"), ("fragment", ">u2")],
    *[("ttl", "u1"), ("protocol", "u1"), ("header_sum", "<u2"), ("source", ">u4"), ("destination", ">u4")],
]
_IP6 = [
    *[("version", ">u4"), ("whole", ">u2"), ("protocol", "u1"), ("ttl", "u1")],
    *[("source", ">u8", 2), ("destination", ">u8", 2)],
]
_TCP = [
    *[("source_port", ">u2"), ("destination_port", ">u2"), ("sequence", ">u4"), ("acknowledged", ">u4")],
    *[("offset", "u1"), ("flags", "u1"), ("window", ">u2"), ("sum", "<u2"), ("urgent", ">u2")],
]
_UDP = [("source_port", ">u2"), ("destination_port", ">u2"), ("datagram", ">u2"), ("sum", "<u2")]

_SHORTEST_FRAME = 60


@dataclass(frozen=True)
class Format:
    """The capture's format; ``nano``: times in nanoseconds instead of microseconds."""

    container: Container = "pcap"
    nano: bool = False

    @property
    def record(self) -> list[Any]:
        """What is before each frame, as a type of numpy."""
        return _RECORDS[self.container]

    @property
    def before(self) -> int:
        """Octets of it."""
        return np.dtype(self.record).itemsize

    def beginning(self) -> bytes:
        """What a capture of Ethernet begins with."""
        if self.container == "pcap":
            words = np.array([0xA1B23C4D if self.nano else 0xA1B2C3D4, 2 | 4 << 16, 0, 0, 262_144, 1], dtype="<u4")
            return words.tobytes()
        section = np.array([0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0xFFFFFFFF, 0xFFFFFFFF, 28], dtype="<u4")
        resolution = 9 | 1 << 16, 9 if self.nano else 6, 0  # option 9, one octet long, and the end of options
        interface = np.array([1, 32, 1, 262_144, *resolution, 32], dtype="<u4")
        return section.tobytes() + interface.tobytes()

    def taken(self, length: Array) -> Array:
        """Octets that records with frames of ``length`` take."""
        if self.container == "pcap":
            return self.before + length
        return self.before + (length + 3) // 4 * 4 + 4

    def head(self, headers: Array, times: Array, length: Array) -> None:
        """Fill in what is before each frame: ``times`` in nanoseconds since the epoch."""
        headers["kept"] = headers["length"] = length
        if self.container == "pcap":
            headers["seconds"] = times // 1_000_000_000
            headers["fraction"] = times % 1_000_000_000 // (1 if self.nano else 1000)
        else:
            ticks = times if self.nano else times // 1000
            headers["block"], headers["total"] = 6, self.taken(length)
            headers["upper"], headers["lower"] = ticks >> 32, ticks & 0xFFFFFFFF

    def tail(self, buffer: Array, at: Array, length: Array) -> None:
        """Fill in what is after frames of ``length`` in records that begin at ``at``."""
        if self.container == "pcapng":
            total = self.taken(length)
            words = buffer.view("<u2")
            end = (at + total) // 2
            words[end - 2], words[end - 1] = total & 0xFFFF, total >> 16
            odd = end[length % 4 > 0]
            words[odd - 3] = 0


def frame_lengths(packets: Packets) -> Array:
    """Octets of each packet's frame."""
    return np.maximum(_needed(packets), _SHORTEST_FRAME)


def _needed(packets: Packets) -> Array:
    """The same before short frames are padded."""
    return 14 + np.where(packets.six, 40, 20) + np.where(packets.protocol == UDP, 8, 20) + packets.data


def filler(octets: int, random: np.random.Generator) -> Array:
    """Payload for ``octets``: printable, so that no dissector takes it for something else, and with six random bits of
    eight, so that it is compressed about as much as what networks carry."""
    words = random.integers(0, 2**64, octets // 8 + 2, dtype=np.uint64)
    words &= np.uint64(0x3F3F3F3F3F3F3F3F)
    words += np.uint64(0x2020202020202020)
    return words.view(np.uint8)


def write(buffer: Array, at: Array, times: Array, packets: Packets, form: Format) -> None:
    """Put the headers of ``packets`` where their records begin, checksums, padding and what ends a record; the payload
    is there already."""
    length = frame_lengths(packets)
    missing = length - _needed(packets)
    end = at + form.before + length
    for octet in range(1, int(missing.max(initial=0)) + 1):
        buffer[end[missing >= octet] - octet] = 0
    form.tail(buffer, at, length)
    for six in (False, True):
        for protocol in (TCP, UDP):
            chosen = np.flatnonzero((packets.six == six) & (packets.protocol == protocol))
            if len(chosen):
                _write_same(buffer, at[chosen], times[chosen], _some(packets, chosen), form)


def _some(packets: Packets, chosen: Array) -> Packets:
    columns: dict[str, Any] = {
        name: tuple(word[chosen] for word in column) if isinstance(column, tuple) else column[chosen]
        for name, column in vars(packets).items()
    }
    return Packets(**columns)


def _write_same(buffer: Array, at: Array, times: Array, packets: Packets, form: Format) -> None:
    """The same for packets of one protocol over one version of IP."""
    six, tcp = bool(packets.six[0]), packets.protocol[0] == TCP
    transport = _TCP if tcp else _UDP
    headers = np.zeros(len(at), dtype=[*_RECORDS[form.container], *_ETHERNET, *(_IP6 if six else _IP4), *transport])
    inner = np.dtype(transport).itemsize + packets.data
    length = frame_lengths(packets)
    form.head(headers, times, length)
    headers["to"], headers["from"] = _octets(packets.destination_mac), _octets(packets.source_mac)
    headers["ethertype"] = 0x86DD if six else 0x0800
    headers["ttl"], headers["protocol"] = 64, packets.protocol
    headers["source_port"], headers["destination_port"] = packets.source_port, packets.destination_port
    (_internet6 if six else _internet4)(headers, packets, inner)
    if tcp:
        headers["sequence"], headers["acknowledged"] = packets.sequence, packets.acknowledged
        headers["offset"], headers["flags"], headers["window"] = 0x50, packets.flags, 64240
    else:
        headers["datagram"] = inner
    size = headers.dtype.itemsize
    buffer[at[:, None] + np.arange(size)] = headers.view(np.uint8).reshape(len(at), size)

    begin = at + size - np.dtype(transport).itemsize
    place = begin + (16 if tcp else 6)
    pseudo = _words(headers["source"]) + _words(headers["destination"]) + (int(packets.protocol[0]) << 8) + _swap(inner)
    total = _complement(_sums(buffer, begin, begin + inner) + pseudo)
    if not tcp:
        total[total == 0] = 0xFFFF  # in UDP, zero would say that there is none
    buffer[place], buffer[place + 1] = total & 0xFF, total >> 8


def _internet4(headers: Array, packets: Packets, inner: Array) -> None:
    headers["version"], headers["whole"] = 0x45, 20 + inner
    headers["identification"], headers["fragment"] = packets.identification, 0x4000
    headers["source"], headers["destination"] = packets.source[1], packets.destination[1]
    field = headers.dtype.fields
    assert field is not None
    begin = field["version"][1]
    octets = headers.view(np.uint8).reshape(len(headers), -1)[:, begin : begin + 20]
    headers["header_sum"] = _complement(_words(np.ascontiguousarray(octets)))


def _internet6(headers: Array, packets: Packets, inner: Array) -> None:
    headers["version"], headers["whole"] = 6 << 28, inner
    headers["source"], headers["destination"] = np.stack(packets.source, 1), np.stack(packets.destination, 1)


def _octets(macs: Array) -> Array:
    return macs.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]


def _words(rows: Array) -> Array:
    """The sum of each row's words of 16 bits, as they are in memory."""
    octets = np.ascontiguousarray(rows)
    words: Array = octets.view("<u2").reshape(len(octets), -1)
    return np.asarray(words.sum(axis=1, dtype=np.int64))


def _swap(values: Array) -> Array:
    return (values & 0xFF) << 8 | values >> 8


def _sums(buffer: Array, begin: Array, end: Array) -> Array:
    """The sum of the words from each ``begin`` to its ``end``."""
    edges = np.stack([begin, end], axis=1).ravel() // 2
    words = buffer.view("<u2")
    return np.asarray(np.add.reduceat(words, edges, dtype=np.uint32)[::2], dtype=np.int64)


def _complement(sums: Array) -> Array:
    """A one's complement sum, folded to 16 bits and turned over (RFC 1071)."""
    folded = (sums & 0xFFFF) + (sums >> 16)
    folded = (folded & 0xFFFF) + (folded >> 16)
    return ~folded & 0xFFFF
