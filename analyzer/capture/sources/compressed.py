"""Compressed streams, read as far as they go: what comes before damage is handed out before the error."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

import lz4.frame
import zstandard

MOST_MEMORY = 256 << 20
"""What a stream of xz may ask for; its strongest preset takes a quarter of it."""
FAILURES = (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError)
"""How the libraries say that a stream is none: lz4 by RuntimeError, bz2 by OSError."""


class Kind(NamedTuple):
    """A compression. ``step``: octets fed at a time, so few that not even a bomb yields more than some tens of
    megabytes at once; ``limited``: the library itself hands out no more than it is asked for."""

    name: str
    begin: Callable[[], Any]
    step: int
    limited: bool = False


KINDS = {
    b"\x1f\x8b": Kind("gzip", lambda: zlib.decompressobj(wbits=31), 1 << 14),
    b"\x28\xb5\x2f\xfd": Kind("zstd", lambda: zstandard.ZstdDecompressor().decompressobj(), 1 << 11),
    b"\xfd7zX": Kind("xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY), 1 << 14, limited=True),
    b"BZh": Kind("bzip2", bz2.BZ2Decompressor, 1 << 14, limited=True),
    b"\x04\x22\x4d\x18": Kind("lz4", lz4.frame.LZ4FrameDecompressor, 1 << 14, limited=True),
}
"""By their first octets."""
AT_ONCE = 1 << 20
"""The most that a limited decompressor hands out."""
SKIPPABLE = b"\x2a\x4d\x18"
"""Behind an octet 0x50 to 0x5f: a frame of no content, with which parallel zstd begins its streams."""


class DamagedStreamError(Exception):
    """The stream cannot be read on. The argument is the code of the message: ``stream-damaged``, or
    ``stream-cut-short`` if the file ends inside it."""


class Decompressed(io.RawIOBase):
    """What a compressed stream holds, member after member."""

    def __init__(self, stream: BinaryIO, kind: Kind) -> None:
        self.below, self.kind = stream, kind
        self.member = kind.begin()
        self.ready = memoryview(b"")
        self.rest = b""
        self.damaged = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """As ``io.RawIOBase.readinto``. Raises DamagedStreamError once everything before the damage was read."""
        while not self.ready:
            if self.damaged:
                raise DamagedStreamError("stream-damaged")
            if self.holds_back() and (held := self.fed(b"")):
                self.ready = memoryview(held)
                break
            chunk = self.rest or self.below.read(self.kind.step)
            if not chunk:
                if self.member is not None:
                    raise DamagedStreamError("stream-cut-short")
                return 0
            self.ready = memoryview(self.fed(chunk))
        view = memoryview(buffer)
        count = min(len(view), len(self.ready))
        view[:count] = self.ready[:count]
        self.ready = self.ready[count:]
        return count

    def holds_back(self) -> bool:
        """Whether the decompressor has more to give without being fed."""
        return self.kind.limited and self.member is not None and not self.member.needs_input

    def unread(self, octets: bytes) -> None:
        """Hand these out again, before anything else."""
        self.ready = memoryview(octets + bytes(self.ready))

    def fed(self, chunk: bytes) -> bytes:
        """What this chunk adds; the octets of a member that follows are kept for the next time."""
        self.rest = b""
        if self.member is None:  # the one before has ended
            chunk = chunk.lstrip(b"\0")  # tapes and xz fill up with zeros
            if not chunk:
                return b""
            self.member = self.kind.begin()
        spare = self.member.copy() if self.kind.name == "gzip" else None
        try:
            limit = (AT_ONCE,) if self.kind.limited else ()
            octets: bytes = self.member.decompress(chunk, *limit)
        except FAILURES:
            self.damaged = True
            return salvaged(spare, chunk) if spare is not None else b""
        if self.member.eof:
            self.rest, self.member = self.member.unused_data or b"", None
        return octets


def salvaged(member: Any, chunk: bytes) -> bytes:
    """What a chunk gives before its damage, octet by octet: zlib keeps nothing of a call that fails."""
    found = []
    for at in range(len(chunk)):
        try:
            found.append(member.decompress(chunk[at : at + 1]))
        except zlib.error:
            break
    return b"".join(found)


def kind_of(head: bytes) -> Kind | None:
    """The compression of a stream that begins with these four octets; None for one that is not compressed."""
    if head[1:4] == SKIPPABLE and head[0] & 0xF0 == 0x50:
        return KINDS[b"\x28\xb5\x2f\xfd"]
    return next((kind for magic, kind in KINDS.items() if head.startswith(magic)), None)
