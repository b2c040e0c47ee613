from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.boot(M1, SERVER)
    wire.wait(10)
    wire.ping(SERVER, M2)
    data = next(number for number, packet in enumerate(wire.packets) if len(packet.payload) > 500)
    borders = [0, 2, data + 1, len(wire.packets) - 5, len(wire.packets)]
    names = ("trace.pcap.03", "trace.pcap.02", "trace.pcap.01", "trace.pcap.00")
    for number, name in enumerate(names):
        part = wire.packets[borders[number] : borders[number + 1]]
        Wire(packets=part).save(folder / name)
