"""Compiles the kernels ahead: ``python -m analyzer.flows.compile_ahead``.

For images of containers and shared installations: the first large capture then waits for nothing. Run it as the user,
and with the XDG_CACHE_HOME, that will analyse; what is compiled belongs to one user and one kind of processor.
"""

import struct
import sys
import tempfile
from pathlib import Path

from analyzer.flows.assembler import Watch
from analyzer.flows.read import read_captures
from analyzer.flows.record_memory import FIRST_FLOWS
from analyzer.kernel import loading

_FLOWS = 3 * FIRST_FLOWS
"""So many that the table of slots has to grow."""
_ADDRESSES = bytes((10, 0, 0, 1, 10, 0, 0, 2))


def main() -> str:
    """Compile what a capture in pcap and one in pcapng need; returns where it is kept, or why it is not."""
    if not loading.may_compile():
        return "nothing was compiled: NUMBA_DISABLE_JIT is set"
    with tempfile.TemporaryDirectory() as folder:
        for name, octets in (("a.pcap", pcap()), ("a.pcapng", pcapng())):
            path = Path(folder, name)
            path.write_bytes(octets)
            read_captures([str(path)], watch=Watch(), interpreted=False)
    if problem := loading.problem_of_cache():
        return f"compiled and not kept: {problem}"
    return f"compiled kernels are in {loading.cache_folder()}"


def packets() -> list[bytes]:
    """Datagrams, each of a flow of its own."""
    return [
        struct.pack(">BBHHHBBH8sHHHH", 0x45, 0, 28, 0, 0, 64, 17, 0, _ADDRESSES, 1024 + number, 9, 8, 0)
        for number in range(_FLOWS)
    ]


def pcap() -> bytes:
    """A capture of raw IP as pcap."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    return head + b"".join(
        struct.pack("<IIII", 1 + number, 0, len(packet), len(packet)) + packet
        for number, packet in enumerate(packets())
    )


def pcapng() -> bytes:
    """The same as pcapng."""
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 101, 0, 262144, 20)
    return (
        section
        + interface
        + b"".join(
            struct.pack("<IIIIIII", 6, 60, 0, 0, 1 + number, len(packet), len(packet)) + packet + struct.pack("<I", 60)
            for number, packet in enumerate(packets())
        )
    )


if __name__ == "__main__":
    sys.stdout.write(f"{main()}\n")
