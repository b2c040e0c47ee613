from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    wire.udp(SERVER, 49001, EVERYBODY, 5561, b"\xff" * 6 + bytes.fromhex(M1.mac.replace(":", "")) * 15)
    wire.wait(2)
    wire.magic(SERVER, EVERYBODY, M2.mac)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
