import struct
from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Host, Wire

OPTIONS = (
    (1, bytes.fromhex("00030001") + bytes.fromhex("02000a14001f")),
    (16, struct.pack(">IH", 343, 20) + b"PXEClient:Arch:00007"),
    (61, b"\0\7"),
)


def build(folder: Path) -> None:
    wire = Wire()
    solicit = b"\1\xaa\xbb\xcc" + b"".join(struct.pack(">HH", code, len(data)) + data for code, data in OPTIONS)
    everybody = Host("ff02::1:2", "33:33:00:01:00:02")
    for number, mac in enumerate((M1.mac, STRANGER.mac), 1):
        wire.udp(Host(f"fe80::{number}", mac), 546, everybody, 547, solicit)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
