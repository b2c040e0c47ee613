from pathlib import Path

from scapy.packet import Raw

from tests.cases.hosts import CONSOLE, M1, M2, OTHER, SERVER, STRANGER
from tests.packets import EVERYBODY, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for port in (56010, 56023, 56030, 56050, 80):
        wire.tcp(STRANGER, 50000, OTHER, port)
    for port in (67, 69, 4011, 5561):
        wire.udp(STRANGER, 50000, OTHER, port, b"x")
    for port in (56011, 8080, 5561, 4011):
        wire.tcp(STRANGER, 50001, OTHER, port)
    for port in (80, 56010, 56030, 9):
        wire.udp(STRANGER, 50001, OTHER, port, b"x")
    wire.udp(STRANGER, 50001, EVERYBODY, 9999, b"x")
    wire.ping(STRANGER, OTHER)
    wire.send(STRANGER, OTHER, Raw(bytes(20)), proto=47)
    for port in (56011, 443):
        wire.tcp(STRANGER, 50002, M1, port)
        wire.tcp(CONSOLE, 50002, OTHER, port)
    wire.send(STRANGER, SERVER, Raw(bytes(20)), proto=47)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
