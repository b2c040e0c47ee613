"""pcap: one header, then records. Sources: draft-ietf-opsawg-pcap; libpcap's own reader for older versions."""

from collections.abc import Iterator

from analyzer.capture.frame import READ_LINKS
from analyzer.capture.kernel import scan
from analyzer.capture.recognition import PCAPS, Pcap, pcap_version
from analyzer.capture.sources.window import Chunk, Window
from analyzer.messages import message

RECORD_HEADER = 16
LARGEST_RECORD = scan.LARGEST_BELIEVED
"""What libpcap and Wireshark believe too; link types that are not read may hold larger ones (USB, D-Bus)."""
LARGEST_FOREIGN_RECORD = 128 << 20
RESERVED = 0x03FF_0000
"""Undefined bits of the link type field; above them is the length of a frame check sequence."""

BAD_RECORDS = {
    scan.BAD_LENGTH: message("record-length"),
    scan.ZEROS: message("record-zeros"),
}


def pcap_chunks(window: Window) -> Iterator[Chunk]:
    """The chunks of a pcap stream that begins at ``window.at``, its header being whole."""
    variant = PCAPS[window.peek(0, 4)]
    header = RECORD_HEADER + variant.extra
    begin(window, variant)

    def length() -> int:
        fields = [int.from_bytes(window.peek(at, 4), variant.order) for at in (8, 12)]
        order = int(window.file[scan.P_LENGTHS])
        other = order == scan.EXCHANGED or (order == scan.DOUBTFUL and fields[0] > fields[1])
        return header + (fields[other] if fields[other] <= window.file[scan.P_LIMIT] else 0)

    def find(last: int) -> int:
        place = window.finder.find_record(
            window.view(window.octets), window.at, last, window.filled, window.view(window.file)
        )
        return int(place)

    while True:
        view = window.view
        count, at, status = window.kernels.scan_pcap(
            view(window.octets), window.at, window.filled, view(window.file), view(window.records)
        )
        window.at = int(at)
        if count:
            yield window.found(int(count))
        if status in BAD_RECORDS:
            if not window.stop(BAD_RECORDS[status], find):
                return
        elif status == scan.MORE and not window.more(header, length) and not window.cut(find):
            return


def begin(window: Window, variant: Pcap) -> None:
    """Take the header of the file."""
    field = int.from_bytes(window.peek(20, 4), variant.order)
    version = pcap_version(window.peek(0, 8))
    link = field & 0xFFFF
    window.format = variant.name if version == (2, 4) else f"{variant.name}, version {version[0]}.{version[1]}"
    window.nanoseconds = variant.nanoseconds
    window.links.setdefault(link)
    if field & RESERVED:
        window.lose(message("damage-link-type", field=f"0x{field:08x}", link=link))
    window.file[scan.P_SWAPPED] = variant.order == "little"
    window.file[scan.P_FACTOR] = 1 if variant.nanoseconds else 1000
    window.file[scan.P_LINK] = link
    window.file[scan.P_LIMIT] = LARGEST_RECORD if link in READ_LINKS else LARGEST_FOREIGN_RECORD
    window.file[scan.P_EXTRA] = variant.extra
    window.file[scan.P_LENGTHS] = lengths(version)
    window.file[scan.P_HOLES] = window.resync
    window.at += variant.header


def lengths(version: tuple[int, int]) -> int:
    """The order of a record's two lengths: before version 2.3, and with DG/UX's 543.0, the original one came first;
    files of 2.3 were written both ways."""
    if version == (2, 3):
        return scan.DOUBTFUL
    return scan.IN_ORDER if version == (2, 4) else scan.EXCHANGED
