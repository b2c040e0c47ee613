"""The chunks of an EVTX file whose checksum is wrong, and the file without them.

A record of such a chunk may be damaged or changed, so it could name any program. Source: the format as Joachim Metz
describes it (libevtx): after 4 KiB chunks of 64 KiB, each with one checksum of its head and one of its records.
"""

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

FILE_HEAD, CHUNK, CHUNK_HEAD = 4096, 65536, 512
MAGIC = b"ElfChnk\x00"
LEAST_RECORD = 24
"""Octets of a record without content."""


def damaged(path: Path) -> dict[int, int]:
    """The place of each chunk with a wrong checksum, or that is cut off, and how many records it says that it has."""
    found = {}
    with path.open("rb") as file:
        file.seek(FILE_HEAD)
        place = FILE_HEAD
        while chunk := file.read(CHUNK):
            if chunk.startswith(MAGIC) and not _is_whole(chunk):
                found[place] = _records(chunk)
            place += len(chunk)
    return found


def _is_whole(chunk: bytes) -> bool:
    if len(chunk) < CHUNK:
        return False
    (end, of_records), (of_head,) = struct.unpack_from("<II", chunk, 48), struct.unpack_from("<I", chunk, 124)
    if not CHUNK_HEAD <= end <= CHUNK:
        return False
    sums = zlib.crc32(chunk[:120] + chunk[128:CHUNK_HEAD]), zlib.crc32(memoryview(chunk)[CHUNK_HEAD:end])
    return sums == (of_head, of_records)


def _records(chunk: bytes) -> int:
    """How many records a chunk has by its own numbers, as far as that can be; at least one."""
    if len(chunk) < CHUNK_HEAD:
        return 1
    first, last = struct.unpack_from("<QQ", chunk, 24)
    return int(min(max(last - first + 1, 1), (CHUNK - CHUNK_HEAD) // LEAST_RECORD))


class WithoutChunks(io.RawIOBase):
    """A file in which some chunks are all zeros, as unused ones are. ``places``: where these begin."""

    def __init__(self, file: BinaryIO, places: Mapping[int, int]) -> None:
        self._file, self._places = file, places

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int = -1, /) -> bytes:
        since = self._file.tell()
        octets = bytearray(self._file.read(size))
        until = since + len(octets)
        first = FILE_HEAD + max(0, since - FILE_HEAD) // CHUNK * CHUNK
        for place in range(first, until, CHUNK):
            if place in self._places:
                begin, end = max(place, since), min(place + CHUNK, until)
                octets[begin - since : end - since] = bytes(end - begin)
        return bytes(octets)
