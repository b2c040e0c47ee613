from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import Host, Wire


def part(wire: Wire, missing: set[int], ends: tuple[Host, int, Host, int]) -> None:
    """A connection of which some packets, by their number from 0, were not captured."""
    other = Wire(now=wire.now)
    other.tcp(*ends)
    wire.packets += [packet for number, packet in enumerate(other.packets) if number not in missing]
    wire.now = other.now


def build(folder: Path) -> None:
    wire = Wire()
    part(wire, {1}, (SERVER, 50001, M1, 56010))
    part(wire, {0}, (SERVER, 50002, M1, 56010))
    part(wire, {0, 1, 2}, (SERVER, 50003, M1, 56010))
    part(wire, {1}, (STRANGER, 50004, SERVER, 3389))
    part(wire, {0, 1, 2}, (STRANGER, 50005, SERVER, 3389))
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
