from pathlib import Path

from tests.cases.hosts import CONSOLE, M1, M2, Q1, SERVER
from tests.packets import BROADCAST, EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    mac = {host: bytes.fromhex(host.mac.replace(":", "")) for host in (M1, Q1)}
    ones = b"\xff" * 6
    wire.udp(SERVER, 49000, EVERYBODY, 5561, ones + mac[M1] * 16 + b"secret")
    wire.udp(SERVER, 49001, EVERYBODY, 5561, ones + mac[Q1] * 16)
    wire.udp(SERVER, 49002, Host("10.20.2.255", BROADCAST), 5561, ones + mac[Q1] * 16)
    wire.udp(SERVER, 49003, Host("10.20.2.0", BROADCAST), 5561, ones + mac[Q1] * 16)
    wire.udp(SERVER, 49004, EVERYBODY, 5561, ones + mac[M1] * 16)
    wire.udp(SERVER, 49004, EVERYBODY, 5561, ones + mac[Q1] * 16)
    wire.udp(SERVER, 49005, Host("10.20.2.127", "02:00:0a:14:00:01"), 5561, ones + mac[Q1] * 16)
    wire.udp(SERVER, 49006, EVERYBODY, 9, ones + mac[M1] * 16)
    wire.udp(CONSOLE, 49007, EVERYBODY, 5561, ones + mac[M1] * 16)
    wire.udp(M1, 49008, EVERYBODY, 5561, ones + mac[M1] * 16)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
