from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER, SERVER, SERVER6, STRANGER
from tests.packets import Host, Wire

ANSWERS, ASKS = bytes([0x24]) + bytes(47), bytes([0x23]) + bytes(47)
"""NTP, version 4: mode 4 is a server's answer, mode 3 a client's question."""
RESPONSE, QUERY = bytes.fromhex("00018180") + bytes(20), bytes.fromhex("00010100") + bytes(20)


def build(folder: Path) -> None:
    wire = Wire()
    wire.udp(STRANGER, 123, SERVER, 123, ANSWERS)
    wire.udp(STRANGER, 123, M1, 123, ANSWERS)
    wire.udp(M1, 123, STRANGER, 123, ASKS)
    wire.udp(Host("2001:db8:20::66"), 123, SERVER6, 123, ANSWERS)
    wire.udp(STRANGER, 53, SERVER, 53, RESPONSE)
    wire.udp(SERVER, 123, OTHER, 123, ASKS)
    wire.udp(SERVER, 53, OTHER, 53, QUERY)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
