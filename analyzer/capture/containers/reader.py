"""A capture as a sequence of chunks: a buffer of octets and the records found in it."""

from collections.abc import Iterator

from analyzer.capture.containers.pcap import pcap_chunks
from analyzer.capture.containers.pcapng import Sections
from analyzer.capture.recognition import PCAPNG_MAGIC
from analyzer.capture.sources.window import Chunk, Window


def chunks(window: Window) -> Iterator[Chunk]:
    """Every chunk of the capture, in order. What cannot be read is in ``window.damage``; reading ends there, or
    goes on behind it where ``window.resync`` says so."""
    window.need(24)
    if window.peek(0, 4) == PCAPNG_MAGIC:
        window.format = "pcapng"
        yield from Sections(window).chunks()
    else:
        yield from pcap_chunks(window)
    window.finish()
