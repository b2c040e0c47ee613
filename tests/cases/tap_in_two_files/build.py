from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    wire.tcp(SERVER, 50001, M1, 56010)
    wire.refused(SERVER, 50002, M1, 56010)
    wire.syn(SERVER, 50003, M2, 56010, tries=3)
    asked = wire.segment(SERVER, 50004, Q1, 56010, "S", seq=5)
    wire.icmp_error(ROUTER, asked, 3, 13)
    wire.boot(M1, SERVER)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    for name, outward in (("sent", True), ("received", False)):
        half = Wire()
        half.packets = [packet for packet in wire.packets if (packet.source == SERVER.mac) is outward]
        half.save(folder / f"{name}.pcap")
