from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tftp(M1, SERVER, port=2070)
    wire.udp(M1, 2070, SERVER, 53, b"tunnel out")
    wire.udp(SERVER, 53, M1, 2070, b"tunnel back")
    wire.udp(M1, 2070, SERVER, 56050, b"x")
    wire.udp(SERVER, 4444, M1, 2070, b"shell")
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
