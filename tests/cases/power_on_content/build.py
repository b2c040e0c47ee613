from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import BROADCAST, EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    ones, mac = b"\xff" * 6, bytes.fromhex(M1.mac.replace(":", ""))
    wire.udp(SERVER, 49000, EVERYBODY, 5561, ones + bytes.fromhex("020000000099") * 16)
    wire.udp(SERVER, 49001, EVERYBODY, 5561, ones + mac * 15)
    wire.udp(SERVER, 49002, EVERYBODY, 5561)
    wire.udp(SERVER, 49003, Host("10.20.2.127", BROADCAST), 5561, ones + mac * 15)
    wire.udp(SERVER, 49004, Host("10.20.2.0", BROADCAST), 5561, ones + mac * 15)
    wire.udp(SERVER, 49005, Host("10.20.0.0", BROADCAST), 5561, ones + mac * 15)
    wire.udp(SERVER, 49006, Host("10.77.0.255", BROADCAST), 5561, ones + mac * 15)
    wire.udp(SERVER, 49007, EVERYBODY, 7, ones + mac * 16)
    wire.udp(SERVER, 49009, EVERYBODY, 9, ones + mac * 16)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
