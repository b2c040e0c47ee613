from dataclasses import replace
from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.tftp(M1, SERVER)
    late = 4
    for number, packet in enumerate(wire.packets[-late:], len(wire.packets) - late):
        wire.packets[number] = replace(packet, ts=packet.ts + 70_000_000_000)
    wire.wait(75)
    wire.tcp(M1, 56030, SERVER, 56030)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
