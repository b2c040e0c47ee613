from pathlib import Path

from tests.cases.hosts import Q1, Q2, SERVER
from tests.packets import Host, Wire, shifted


def build(folder: Path) -> None:
    wire = Wire()
    for _ in range(3):
        wire.segment(SERVER, 50000, Q1, 56010, "S", seq=1)
        wire.segment(Q1, 56010, SERVER, 50000, "SA", seq=9, ack=2)
        wire.wait(1)
    wire.ping(SERVER, Q1, count=3)
    lost = {packet.ts for packet in wire.packets if packet.source == Q1.mac}
    wire.wait(30)
    wire.ping(SERVER, Q2)
    wire.tcp(SERVER, 50001, Q2, 56010)
    wire.ping(SERVER, Host("10.20.2.142"))
    wire.save(folder / "floor.pcap")
    near = [packet for packet in wire.packets if packet.ts not in lost]
    Wire(packets=list(shifted(near, 200_000))).save(folder / "server.pcap")
