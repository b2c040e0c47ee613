from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import EVERYBODY, Host, Wire, shifted


def build(folder: Path) -> None:
    wire, blank = Wire(), Host("0.0.0.0", M1.mac)
    wire.ping(SERVER, M1, count=3, answered=False)
    for pause in (4, 8, 16):
        wire.dhcp(blank, EVERYBODY, "discover", M1)
        wire.wait(pause)
    wire.tcp(M2, 50000, STRANGER, 445)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.packets = [packet for pair in zip(wire.packets, shifted(wire.packets, 20_000), strict=True) for packet in pair]
    wire.save(folder / "capture.pcap")
