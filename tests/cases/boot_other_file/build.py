from pathlib import Path

from tests.cases.hosts import M1, M2, Q2, SERVER
from tests.packets import Host, Wire


def boot(wire: Wire, client: Host, named: bytes, at_4011: bytes, files: list[str]) -> None:
    wire.lease(client, SERVER, file=named, xid=wire.now & 0xFFFF)
    wire.dhcp(client, SERVER, "request", client, sport=68, dport=4011, ciaddr=client.ip)
    wire.dhcp(SERVER, client, "ack", client, sport=4011, dport=68, file=at_4011)
    for number, file in enumerate(files):
        wire.tftp(client, SERVER, file=file, port=2070 + number, answer_port=50_100 + number)
    wire.wait(2)
    wire.tcp(client, 56030, SERVER, 56030)
    wire.wait(5)


def build(folder: Path) -> None:
    wire = Wire()
    boot(wire, M1, b"pxelinux.0", b"", ["grub.efi"])
    boot(wire, M2, b"pxelinux.0", b"dpm.0", ["dpm.0"])
    boot(wire, Q2, b"pxelinux.0", b"", ["pxelinux.0", "pxelinux.cfg/default"])
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
