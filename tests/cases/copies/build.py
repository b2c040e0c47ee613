from dataclasses import replace
from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire

COPY_AFTER = 20_000


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50000, M1, 56010)
    wire.boot(M2, SERVER)

    wire.wait(60)
    wire.ping(SERVER, M1)
    wire.packets = [copy for packet in wire.packets for copy in (packet, replace(packet, ts=packet.ts + COPY_AFTER))]
    wire.save(folder / "capture.pcap")
