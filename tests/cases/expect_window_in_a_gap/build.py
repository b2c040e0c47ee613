from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import SECOND, START, Wire


def build(folder: Path) -> None:
    wire, later = Wire(), Wire(START + 7200 * SECOND)
    for part, name in ((wire, "capture_1.pcap"), (later, "capture_2.pcap")):
        part.tcp(SERVER, 50000, M2, 56010)
        part.ping(SERVER, M1)
        part.wait(30)
        part.ping(SERVER, M2)
        part.save(folder / name)
