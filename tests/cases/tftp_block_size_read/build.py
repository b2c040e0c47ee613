from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    for number, (machine, granted) in enumerate([(M1, b"1468"), (M2, b"900")]):
        wire.lease(machine, SERVER, xid=number)
        wire.udp(machine, 2070, SERVER, 69, b"\0\1boot.0\0octet\0blksize\x001468\0")
        wire.udp(SERVER, 50100, machine, 2070, b"\0\6blksize\0" + granted + b"\0")
        wire.udp(machine, 2070, SERVER, 50100, b"\0\4\0\0")
        wire.udp(SERVER, 50100, machine, 2070, b"\0\3\0\1" + bytes(900))
        wire.udp(machine, 2070, SERVER, 50100, b"\0\4\0\1")

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
