from pathlib import Path

from tests.cases.hosts import M1, M2, Q1, RELAY, SERVER
from tests.packets import Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M1)
    words = {"giaddr": RELAY.ip, "sport": 67, "dport": 67, "vendor": b"MSFT 5.0"}
    wire.dhcp(RELAY, SERVER, "discover", Q1, **words)
    wire.dhcp(RELAY, SERVER, "request", Q1, **words)

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
