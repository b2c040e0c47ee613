"""What a file is, from its first octets: a capture that is read, or something else, and what can be done about it.

Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; the magic numbers and file headers that libpcap's and
Wireshark's documentation publish (RFC 1761 for snoop).
"""

import re
import shlex
from pathlib import PurePath
from typing import Literal, NamedTuple

from analyzer.messages import Message, message

Order = Literal["little", "big"]

PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
BYTE_ORDERS: dict[bytes, Order] = {b"\x4d\x3c\x2b\x1a": "little", b"\x1a\x2b\x3c\x4d": "big"}
SECTION_HEADER = 28
PCAP_HEADER = 24
ENOUGH_TO_NAME = 512
"""Octets that are enough to recognise every format below."""


class Pcap(NamedTuple):
    """A variant of pcap. ``extra``: octets of a record's header beyond sixteen; ``more``: of the file's beyond 24."""

    order: Order
    nanoseconds: bool = False
    kind: str = "pcap"
    extra: int = 0
    more: int = 0

    @property
    def header(self) -> int:
        return PCAP_HEADER + self.more

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.order}-endian, {'nano' if self.nanoseconds else 'micro'}seconds"


def pcap_magics() -> dict[bytes, Pcap]:
    """Every magic number of pcap in both byte orders. Kuznetsov's patches added interface, protocol and direction to a
    record's header; IXIA's hardware and software write the octets of all records behind the file's."""
    numbers = {
        0xA1B2C3D4: Pcap("big"),
        0xA1B23C4D: Pcap("big", nanoseconds=True),
        0xA1B2CD34: Pcap("big", kind="modified pcap", extra=8),
        0x1C0001AC: Pcap("big", nanoseconds=True, kind="IXIA pcap", more=4),
        0x1C0001AB: Pcap("big", kind="IXIA pcap", more=4),
    }
    big = {number.to_bytes(4, "big"): variant for number, variant in numbers.items()}
    return big | {magic[::-1]: variant._replace(order="little") for magic, variant in big.items()}


PCAPS = pcap_magics()


def pcap_version(head: bytes) -> tuple[int, int]:
    """(major, minor) of a pcap header."""
    order = PCAPS[head[:4]].order
    return int.from_bytes(head[4:6], order), int.from_bytes(head[6:8], order)


ETL, ERF, TAR = "etl", "erf", "tar"
MAGICS: dict[bytes, str] = {
    b"snoop\0\0\0": "snoop",
    b"GMBU": "netmon-2",
    b"RTSS": "netmon-1",
    b"iptrace 1.0": "iptrace",
    b"iptrace 2.0": "iptrace",
    b"TRSNIFF data    \x1a": "sniffer-dos",
    b"XCP\0": "sniffer-windows",
    b"\x05VNF": "visual-networks",
    b"\x7fver": "peek",
    b"btsnoop\0": "btsnoop",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x1f\x9d": "compress",
    b"\x02\x21\x4c\x18": "lz4-legacy",
}
"""Formats that are not read, by their first octets; the message ``file-format`` has their names."""
TEXTS: tuple[tuple[str, str], ...] = (
    (r"\s*(0x)?[0-9a-fA-F]{4,8}:?\s+([0-9a-fA-F]{2} ?){4}", "hex-dump"),
    (r"\s*[\[{]", "json"),
    (r"\s*<\?xml|\s*<pdml", "xml"),
    (r'"?No\."?[,;\t]', "packet-list"),
    (r"\d\d:\d\d:\d\d\.\d+ ", "tcpdump-output"),
)
"""Texts that are taken for captures, by how they begin."""
FOREIGN_NAME = re.compile(r"\.(snoop|etl|erf|iptrace|trc)$", re.IGNORECASE)
"""Endings of captures that are not read."""


def header_size(head: bytes) -> int:
    """How many octets ``file_problem`` needs of a file that begins with these four."""
    if variant := PCAPS.get(head[:4]):
        return variant.header
    return SECTION_HEADER if head[:4] == PCAPNG_MAGIC else ENOUGH_TO_NAME


def file_problem(head: bytes, path: str) -> Message | None:
    """Why a file that begins like this is not read; None for a capture.

    ``head``: its first ``header_size`` octets, fewer if it ends before. ``path``: its name, for the command that
    converts it.
    """
    if head[:4] in PCAPS:
        return pcap_problem(head)
    if head[:4] == PCAPNG_MAGIC:
        return pcapng_problem(head)
    if not head:
        return message("file-empty")
    if name := foreign_format(head, path):
        shell, windows = ("FILE", "FILE") if path == "-" else (shlex.quote(path), quoted_for_windows(path))
        return message("file-format", format=name, file=shell, windows_file=windows)
    return text_problem(head) or message("file-unknown", octets=head[:4].hex(" "))


def pcap_problem(head: bytes) -> Message | None:
    """libpcap's rule: versions 2.0 to 2.4, and 543.0, which DG/UX wrote."""
    if len(head) < header_size(head):
        return message("file-header-cut")
    major, minor = pcap_version(head)
    if (major == 2 and minor <= 4) or (major, minor) == (543, 0):
        return None
    return message("pcap-version-old" if major < 2 else "pcap-version-unknown", major=major, minor=minor)


def pcapng_problem(head: bytes) -> Message | None:
    """Only version 1.0, and 1.2, which means the same."""
    if len(head) < SECTION_HEADER:
        return message("file-header-cut")
    if head[8:12] not in BYTE_ORDERS:
        return message("pcapng-magic")
    order = BYTE_ORDERS[head[8:12]]
    major, minor = int.from_bytes(head[12:14], order), int.from_bytes(head[14:16], order)
    return None if known_version(major, minor) else message("pcapng-version", major=major, minor=minor)


def known_version(major: int, minor: int) -> bool:
    """pcapng is 1.0; some programs wrote 1.2 and meant the same."""
    return major == 1 and minor in (0, 2)


def foreign_format(head: bytes, path: str) -> str | None:
    """Which format that is not read this is, by its content; by its file name for those that have no magic number."""
    for magic, name in MAGICS.items():
        if head.startswith(magic):
            return name
    ending = PurePath(path).suffix.lower()
    if head[257:262] == b"ustar":
        return TAR
    if ending == ".etl":
        return ETL
    if records := erf_records(head):
        return ERF if records > 1 or ending == ".erf" else None
    return None


def erf_records(head: bytes) -> int:
    """How many records of ERF begin here, each where the one before ends; 0 when one is none."""
    at = count = 0
    while at + 16 <= len(head):
        seconds = int.from_bytes(head[at + 4 : at + 8], "little")
        length = int.from_bytes(head[at + 10 : at + 12], "big")
        plausible = seconds > 1 << 29 and 1 <= head[at + 8] & 0x7F <= 48 and length >= 16
        if not plausible:
            return 0
        at += length
        count += 1
    return count


def text_problem(head: bytes) -> Message | None:
    """Why a text file is not read; None if it is no text."""
    if not all(32 <= octet < 127 or octet in b"\t\r\n" for octet in head[:64]):
        return None
    content = head.decode("latin-1")
    for pattern, name in TEXTS:
        if re.match(pattern, content):
            return message("file-text-format", format=name)
    return message("file-text")


def quoted_for_windows(path: str) -> str:
    """A path as an argument for cmd.exe and PowerShell; FILE where no quotes help."""
    return "FILE" if set(path) & set('"%$`') else f'"{path}"'
