from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire, address = Wire(), "10.20.0.200"
    first, second = Host(address, M1.mac), Host(address, M2.mac)
    wire.lease(first, SERVER)
    wire.wait(30)
    wire.dhcp(first, SERVER, "release", first, ciaddr=address)
    wire.wait(120)
    wire.boot(second, SERVER)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
