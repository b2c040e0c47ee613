"""pcap: one header, then records. Source: draft-ietf-opsawg-pcap."""

from collections.abc import Iterator
from typing import Literal

from analyzer.capture import scan
from analyzer.capture.frame import READ_LINKS
from analyzer.capture.window import Chunk, Window

HEADER, RECORD_HEADER = 24, 16
LARGEST_RECORD = 262_144
"""What libpcap and Wireshark believe too; link types that are not read may hold larger ones (USB, D-Bus)."""
LARGEST_FOREIGN_RECORD = 128 << 20


def pcap_chunks(window: Window) -> Iterator[Chunk]:
    """The chunks of a pcap stream that begins at ``window.at``."""
    magic = window.peek(0, 4)
    order: Literal["little", "big"] = "little" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else "big"
    window.nanoseconds = magic in (b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1")
    window.format = f"pcap, {order}-endian, {'nano' if window.nanoseconds else 'micro'}seconds"
    if not window.need(HEADER):
        window.stop("the file ends inside its own header")
        return
    link = int.from_bytes(window.peek(20, 4), order) & 0xFFFF
    window.links.setdefault(link)
    window.file[scan.P_SWAPPED] = order == "little"
    window.file[scan.P_FACTOR] = 1 if window.nanoseconds else 1000
    window.file[scan.P_LINK] = link
    window.file[scan.P_LIMIT] = LARGEST_RECORD if link in READ_LINKS else LARGEST_FOREIGN_RECORD
    window.at += HEADER

    def length() -> int:
        return RECORD_HEADER + int.from_bytes(window.peek(8, 4), order)

    while True:
        view = window.view
        count, at, status = window.kernels.scan_pcap(
            view(window.octets), window.at, window.filled, view(window.file), view(window.records)
        )
        window.at = int(at)
        if count:
            yield window.found(int(count))
        if status == scan.BAD_LENGTH:
            window.stop("a record of impossible length")
            return
        if status == scan.MORE and not window.more(RECORD_HEADER, length):
            return
