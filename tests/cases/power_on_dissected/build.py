from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import EVERYBODY, Wire


def build(folder: Path) -> None:
    wire = Wire()
    mac = bytes.fromhex(M1.mac.replace(":", ""))
    wire.udp(SERVER, 49000, EVERYBODY, 5561, b"\xff" * 6 + mac * 16)
    wire.udp(SERVER, 49001, EVERYBODY, 5561, b"\xff" * 6 + mac * 15)
    wire.udp(SERVER, 49002, EVERYBODY, 5561, b"\xff" * 6 + mac * 16 + b"secret")
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
