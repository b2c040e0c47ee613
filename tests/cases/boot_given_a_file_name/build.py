from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    uuid = (97, b"\0" + bytes(range(16)))
    for number, (machine, file) in enumerate([(M1, b"pxelinux.0"), (M2, b"")], 1):
        wire.lease(machine, SERVER, xid=number, options=[uuid])
        wire.dhcp(machine, SERVER, "request", machine, xid=number, dport=4011, ciaddr=machine.ip)
        wire.dhcp(SERVER, machine, "ack", machine, xid=number, sport=4011, dport=68, file=file)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
