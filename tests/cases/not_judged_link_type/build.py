from pathlib import Path

from tests.cases.hosts import M1, SERVER
from tests.packets import Framing, Wire, pcap

LINK_JUNIPER_ETHERNET = 178


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M1)
    content = pcap(wire.packets, Framing())
    link = LINK_JUNIPER_ETHERNET.to_bytes(4, "little")
    (folder / "capture.pcap").write_bytes(content[:20] + link + content[24:])
