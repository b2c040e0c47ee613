from pathlib import Path

from scapy.layers.inet6 import ICMPv6ND_NA

from tests.cases.hosts import M2, M6, ROUTER6, SERVER, SERVER6
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER6, 50000, M6, 56010)
    wire.ping(SERVER6, M6)
    wire.icmp_error(ROUTER6, wire.syn(M6, 56030, SERVER6, 56030), 1, 1)
    wire.send(ROUTER6, Host("ff02::1"), ICMPv6ND_NA(tgt=ROUTER6.ip))

    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
