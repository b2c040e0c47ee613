from pathlib import Path

from tests.packets import Host, Wire

OFFICE, FILES, RESOLVER = Host("172.16.5.20"), Host("172.16.5.30"), Host("172.16.5.40")


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(OFFICE, 50001, FILES, 3389)
    wire.tcp(OFFICE, 50002, FILES, 445)
    wire.udp(OFFICE, 50003, RESOLVER, 53, b"\0" * 30)
    wire.udp(RESOLVER, 53, OFFICE, 50003, b"\0" * 60)
    wire.save(folder / "capture.pcap")
