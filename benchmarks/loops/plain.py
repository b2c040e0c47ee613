"""No analysis at all, for what the machine allows: ``plain.py read|hash|gzip|zstd FILE`` reads the file (``-``:
standard input) in pieces, hashes what it reads, or decompresses it."""

import hashlib
import io
import json
import sys
import time
import zlib
from pathlib import Path

PIECE = 4 << 20


def opened(path: str) -> io.FileIO:
    return io.FileIO(0, closefd=False) if path == "-" else io.FileIO(Path(path))


def read(path: str) -> int:
    buffer, total = bytearray(PIECE), 0
    with opened(path) as file:
        while count := file.readinto(buffer):
            total += count
    return total


def hashed(path: str) -> int:
    buffer, total, digest = bytearray(PIECE), 0, hashlib.sha256()
    view = memoryview(buffer)
    with opened(path) as file:
        while count := file.readinto(buffer):
            digest.update(view[:count])
            total += count
    return total


def inflated(path: str) -> int:
    total, stream = 0, zlib.decompressobj(wbits=31)
    with opened(path) as file:
        while piece := file.read(PIECE):
            total += len(stream.decompress(piece))
    return total


def unpacked(path: str) -> int:
    import zstandard  # noqa: PLC0415 - the only one that needs it

    total, buffer = 0, bytearray(PIECE)
    with opened(path) as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        while count := stream.readinto(buffer):
            total += count
    return total


def main(what: str, path: str) -> None:
    work = {"read": read, "hash": hashed, "gzip": inflated, "zstd": unpacked}[what]
    begin = time.perf_counter()
    octets = work(path)
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - begin, "octets": octets}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
