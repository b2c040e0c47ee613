from pathlib import Path

from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire, words = Wire(), {"ciaddr": M1.ip, "vendor": b"MSFT 5.0", "xid": 99}
    wire.tcp(M2, 50000, STRANGER, 445)
    for pause in (4, 8, 16):
        wire.dhcp(Host("0.0.0.0", M1.mac), EVERYBODY, "discover", M1)
        wire.wait(pause)
    wire.dhcp(M1, EVERYBODY, "inform", M1, **words)
    wire.dhcp(SERVER, M1, "ack", M1, **words | {"yiaddr": "0.0.0.0"})

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.ping(SERVER, M1)
    wire.save(folder / "capture.pcap")
