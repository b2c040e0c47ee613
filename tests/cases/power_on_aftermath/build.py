from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER, Q1, Q2, ROUTER, SERVER
from tests.packets import BROADCAST, EVERYBODY, Host, Wire

FLOOR_ONE, FLOOR_TWO = Host("10.20.2.127", BROADCAST), Host("10.20.2.255", BROADCAST)


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(M2, 50000, SERVER, 80)
    password = bytes.fromhex("53454352 4554".replace(" ", ""))
    for port, machine, target, more in (
        (49001, M1, EVERYBODY, password),
        (49002, M2, EVERYBODY, b""),
        (49003, Q1, FLOOR_ONE, b""),
        (49004, Q2, FLOOR_TWO, b""),
        (49005, OTHER, EVERYBODY, b""),
    ):
        wire.udp(SERVER, port, target, 5561, magic(machine) + more)
    wire.wait(12)
    wire.boot(M1, SERVER)
    wire.wait(8)
    wire.ping(SERVER, Q1)
    wire.tcp(Q1, 50001, SERVER, 80)
    wire.wait(100)
    wire.udp(SERVER, 49006, FLOOR_TWO, 5561, magic(Q2))
    wire.wait(5)
    wire.ping(SERVER, ROUTER)
    wire.save(folder / "capture.pcap")


def magic(machine: Host) -> bytes:
    return b"\xff" * 6 + bytes.fromhex(machine.mac.replace(":", "")) * 16
