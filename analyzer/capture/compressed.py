"""Compressed streams, read as far as they go: what came before the damage is handed out before the damage is told."""

import io
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import zstandard

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
KINDS = {GZIP: "gzip", ZSTD: "zstd"}


class DamagedStreamError(Exception):
    """The stream is cut short, or is none from here on."""


class Decompressed(io.RawIOBase):
    """What a compressed stream holds, member after member.

    ``step``: octets fed at a time, so small that not even a bomb yields more than some tens of megabytes at once.
    """

    def __init__(self, stream: BinaryIO, begin: Callable[[], Any], step: int) -> None:
        self.below, self.begin, self.step = stream, begin, step
        self.member = begin()
        self.ready = memoryview(b"")
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """As ``io.RawIOBase.readinto``. Raises DamagedStreamError once everything before the damage was read."""
        while not self.ready:
            chunk = self.rest or self.below.read(self.step)
            if not chunk:
                if self.member is not None:
                    raise DamagedStreamError
                return 0
            self.ready = memoryview(self.fed(chunk))
        view = memoryview(buffer)
        count = min(len(view), len(self.ready))
        view[:count] = self.ready[:count]
        self.ready = self.ready[count:]
        return count

    def fed(self, chunk: bytes) -> bytes:
        if self.member is None:
            self.member = self.begin()
        self.rest = b""
        try:
            octets: bytes = self.member.decompress(chunk)
        except (zlib.error, zstandard.ZstdError) as error:
            raise DamagedStreamError from error
        if self.member.eof:
            self.rest, self.member = self.member.unused_data, None
        return octets


def kind_of(head: bytes) -> str:
    """``gzip``, ``zstd``, or nothing for a stream that is not compressed, from its first four octets."""
    return KINDS.get(head[:2]) or KINDS.get(head) or ""


def decompressed(stream: BinaryIO, kind: str) -> BinaryIO:
    """What ``stream`` holds; ``kind`` as ``kind_of`` tells it."""
    if kind == "gzip":
        return io.BufferedReader(Decompressed(stream, lambda: zlib.decompressobj(wbits=31), 1 << 14))
    return io.BufferedReader(Decompressed(stream, lambda: zstandard.ZstdDecompressor().decompressobj(), 1 << 11))
