from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, Q2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for machine, port in ((M1, 50000), (M2, 50001), (Q1, 50002)):
        wire.tcp(SERVER, port, machine, 56010)
        wire.wait(5)
    wire.syn(SERVER, 50003, Q2, 56010, tries=3)
    wire.wait(60)
    wire.ping(SERVER, M2, count=2)
    senders = [packet for packet in wire.packets if packet.source == SERVER.mac]
    Wire(packets=senders).save(folder / "capture.pcap")
