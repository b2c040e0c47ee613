from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    asked(wire, M1, 9)
    wire.wait(10)
    asked(wire, M2, 19)
    wire.dhcp(SERVER, M2, "ack", M2, sport=4011, dport=4011, xid=19, file=b"boot.0")
    wire.tftp(M2, SERVER)
    wire.wait(2)
    wire.tcp(M2, 56030, SERVER, 56030)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")


def asked(wire: Wire, machine: Host, xid: int) -> None:
    """Three requests, and a message of a stranger with another transaction."""
    wire.lease(machine, SERVER, xid=xid)
    for _ in range(3):
        wire.dhcp(machine, SERVER, "request", machine, sport=4011, dport=4011, ciaddr=machine.ip, xid=xid)
        wire.wait(1)
    wire.dhcp(STRANGER, machine, "ack", machine, sport=4011, dport=4011, xid=xid + 1, file=b"other.0")
