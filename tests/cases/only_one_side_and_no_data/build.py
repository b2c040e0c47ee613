from pathlib import Path

from tests.cases.hosts import M1, M2, M6, Q1, SERVER, SERVER6
from tests.packets import Host, Wire

PORT = 56010


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    repeated(wire, SERVER, M1)
    repeated(wire, SERVER6, M6)
    wire.segment(M2, PORT, SERVER, 50002, "SA", seq=5000, ack=1001)
    wire.segment(SERVER, 50003, Q1, PORT, "S", seq=1000)
    wire.segment(SERVER, 50003, Q1, PORT, "A", seq=1001, ack=5001)
    for _ in range(3):
        wire.segment(SERVER, 50004, Q1, PORT, "A", seq=1001, ack=5001)
    wire.segment(SERVER, 50005, M2, PORT, "S", seq=1000)
    wire.segment(SERVER, 50005, M2, PORT, "A", seq=1001, ack=5001)
    wire.segment(SERVER, 50005, M2, PORT, "PA", seq=1001, ack=5001, data=b"stop")
    wire.segment(SERVER, 50005, M2, PORT, "A", seq=1005, ack=5003)
    wire.wait(20)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")


def repeated(wire: Wire, server: Host, machine: Host) -> None:
    """A SYN-ACK five times; the SYN went another way."""
    for number in range(5):
        wire.segment(machine, PORT, server, 50001, "SA", seq=5000, ack=1001)
        wire.wait(2**number)
