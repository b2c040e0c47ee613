"""What a file is, from its first octets: a capture that is read, or something else, with what can be done about it.

Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; the magic numbers and file headers that libpcap's and
Wireshark's documentation publish (RFC 1761 for snoop).
"""

import re
import shlex
from pathlib import PurePath
from typing import Literal, NamedTuple

Order = Literal["little", "big"]

PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
BYTE_ORDERS: dict[bytes, Order] = {b"\x4d\x3c\x2b\x1a": "little", b"\x1a\x2b\x3c\x4d": "big"}
SECTION_HEADER = 28
PCAP_HEADER = 24
ENOUGH_TO_NAME = 512
"""Octets by which every format below can be told."""


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


class Foreign(NamedTuple):
    """A format that is not read. ``mend``: what to do, FILE standing for its name."""

    name: str
    mend: str


TSHARK = "convert it with: tshark -r FILE -w FILE.pcapng"
ETL = Foreign(
    "a Windows event trace (ETL, as netsh and pktmon write it)",
    "convert it with: etl2pcapng FILE FILE.pcapng, or on Windows: pktmon etl2pcap FILE --out FILE.pcapng",
)
ERF = Foreign("an ERF capture (Endace)", TSHARK)
TAR = Foreign("a tar archive", "unpack it first: tar -xf FILE, and give the captures in it")
MAGICS: dict[bytes, Foreign] = {
    b"snoop\0\0\0": Foreign("a snoop capture (Solaris)", TSHARK),
    b"GMBU": Foreign("a Microsoft Network Monitor 2 capture", TSHARK),
    b"RTSS": Foreign("a Microsoft Network Monitor 1 capture", TSHARK),
    b"iptrace 1.0": Foreign("an iptrace capture (AIX)", TSHARK),
    b"iptrace 2.0": Foreign("an iptrace capture (AIX)", TSHARK),
    b"TRSNIFF data    \x1a": Foreign("a Sniffer capture (DOS)", TSHARK),
    b"XCP\0": Foreign("a NetXRay or Windows Sniffer capture", TSHARK),
    b"\x05VNF": Foreign("a Visual Networks capture", TSHARK),
    b"\x7fver": Foreign("an EtherPeek or OmniPeek capture", TSHARK),
    b"btsnoop\0": Foreign("a Bluetooth capture (btsnoop)", "DPM's traffic is not in it"),
    b"PK\x03\x04": Foreign("a zip archive", "unpack it first: unzip FILE, and give the captures in it"),
    b"7z\xbc\xaf\x27\x1c": Foreign("a 7z archive", "unpack it first: 7z x FILE, and give the captures in it"),
    b"Rar!\x1a\x07": Foreign("a RAR archive", "unpack it first: unrar x FILE, and give the captures in it"),
    b"\x1f\x9d": Foreign("a file that compress packed", "unpack it first: uncompress FILE"),
    b"\x02\x21\x4c\x18": Foreign("a legacy lz4 stream", "unpack it first: lz4 -d FILE"),
}
TEXTS: tuple[tuple[str, Foreign], ...] = (
    (r"\s*(0x)?[0-9a-fA-F]{4,8}:?\s+([0-9a-fA-F]{2} ?){4}", Foreign(
        "a hex dump", "convert it with: text2pcap FILE FILE.pcapng")),
    (r"\s*[\[{]", Foreign("JSON, perhaps a list of packets", "give the capture that it was made from")),
    (r"\s*<\?xml|\s*<pdml", Foreign("XML, perhaps a list of packets", "give the capture that it was made from")),
    (r'"?No\."?[,;\t]', Foreign("a packet list that was exported", "export the packets themselves, as pcapng")),
    (r"\d\d:\d\d:\d\d\.\d+ ", Foreign("what tcpdump printed", "let tcpdump write the packets: tcpdump -w FILE.pcap")),
)  # fmt: skip
FOREIGN_NAME = re.compile(r"\.(snoop|etl|erf|iptrace|trc)$", re.IGNORECASE)
"""Endings of captures that are not read."""
NEEDED = "a capture in pcap or pcapng format is needed"


def header_size(head: bytes) -> int:
    """How many octets ``refusal`` has to see of a file that begins with these four."""
    if variant := PCAPS.get(head[:4]):
        return variant.header
    return SECTION_HEADER if head[:4] == PCAPNG_MAGIC else ENOUGH_TO_NAME


def refusal(head: bytes, path: str) -> str:
    """Why a file that begins like this is not read, with the mend; nothing for a capture.

    ``head``: its first ``header_size`` octets, fewer where it ends before.
    """
    if head[:4] in PCAPS:
        return pcap_refusal(head)
    if head[:4] == PCAPNG_MAGIC:
        return pcapng_refusal(head)
    if not head:
        return f"the file is empty; {NEEDED}"
    if foreign := foreign_format(head, path):
        mend = foreign.mend.replace("FILE", "FILE" if path == "-" else shlex.quote(path))
        return f"this is {foreign.name}; {mend}"
    return text_refusal(head) or f"this is no capture (it begins with {head[:4].hex(' ')}); {NEEDED}"


CUT = "the file ends inside its own header: no frame is in it; copy it again, or give another capture"


def pcap_refusal(head: bytes) -> str:
    """libpcap's rule: versions 2.0 to 2.4, and 543.0, which DG/UX wrote."""
    if len(head) < header_size(head):
        return CUT
    major, minor = pcap_version(head)
    if (major == 2 and minor <= 4) or (major, minor) == (543, 0):
        return ""
    age = "older than any that is read" if major < 2 else "unknown"
    return f"its header states pcap version {major}.{minor}, which is {age} (2.0 to 2.4 are read): convert it with the \
program that wrote it, or the header is damaged"


def pcapng_refusal(head: bytes) -> str:
    if len(head) < SECTION_HEADER:
        return CUT
    if head[8:12] not in BYTE_ORDERS:
        return "it begins as pcapng does, and its first section has no byte-order magic: the header is damaged"
    order = BYTE_ORDERS[head[8:12]]
    major, minor = int.from_bytes(head[12:14], order), int.from_bytes(head[14:16], order)
    if known_version(major, minor):
        return ""
    return f"its header states pcapng version {major}.{minor}, which is unknown (1.0 is read): convert it with the \
program that wrote it, or the header is damaged"


def known_version(major: int, minor: int) -> bool:
    """pcapng is 1.0; some programs wrote 1.2 and meant the same."""
    return major == 1 and minor in (0, 2)


def foreign_format(head: bytes, path: str) -> Foreign | None:
    """Which format that is not read this is, by its content; by its name for those that have no magic number."""
    for magic, foreign in MAGICS.items():
        if head.startswith(magic):
            return foreign
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


def text_refusal(head: bytes) -> str:
    """What to say of a text; nothing where it is none."""
    if not all(32 <= octet < 127 or octet in b"\t\r\n" for octet in head[:64]):
        return ""
    text = head.decode("latin-1")
    for pattern, foreign in TEXTS:
        if re.match(pattern, text):
            return f"this looks like a text file: {foreign.name}; {foreign.mend}"
    return f"this looks like a text file; {NEEDED}"
