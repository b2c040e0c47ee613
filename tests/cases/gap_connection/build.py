from dataclasses import replace
from pathlib import Path

from tests.cases.hosts import CONSOLE, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(CONSOLE, 50000, SERVER, 56023)
    kept = wire.packets[-5:]
    wire.packets = wire.packets[:-5]
    wire.udp(SERVER, 50001, Host("239.1.2.3"), 9004, b"x")
    first = len(wire.packets)
    wire.packets += [replace(packet, ts=packet.ts + 600_000_000_000) for packet in kept]
    wire.wait(610)
    wire.udp(SERVER, 50001, Host("239.1.2.3"), 9004, b"x")
    wire.wait(30)
    wire.ping(SERVER, M2)
    Wire(packets=wire.packets[:first]).save(folder / "x_1.pcap")
    Wire(packets=wire.packets[first:]).save(folder / "x_2.pcap")
