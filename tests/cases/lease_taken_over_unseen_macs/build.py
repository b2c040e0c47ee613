from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, Q2, SERVER
from tests.packets import RAW, Framing, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for number, (one, two, address) in enumerate([(M1, M2, "10.20.0.200"), (Q1, Q2, "10.20.0.201")]):
        first, second = Host(address, one.mac), Host(address, two.mac)
        wire.lease(first, SERVER, xid=number)
        wire.wait(30)
        if one is M1:
            wire.dhcp(first, SERVER, "release", first, ciaddr=address)
        wire.wait(120)
        wire.boot(second, SERVER)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap", Framing(RAW))
