from dataclasses import replace
from pathlib import Path

from tests.cases.hosts import CONSOLE, M1, M2, Q1, ROUTER, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.syn(SERVER, 50000, M1, 56010, tries=3)
    wire.refused(SERVER, 50001, M1, 56010)
    wire.icmp_error(ROUTER, wire.syn(SERVER, 50002, Q1, 56010), 3, 13)
    wire.dhcp(Host("0.0.0.0", M1.mac), EVERYBODY, "discover", M1)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, CONSOLE)
    wire.packets = [copy for packet in wire.packets for copy in (packet, replace(packet, ts=packet.ts + 20_000))]
    wire.save(folder / "capture.pcap")
