from pathlib import Path

from scapy.layers.inet6 import ICMPv6MLReport2, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RS
from scapy.packet import Raw

from tests.cases.hosts import M1, M2, M6, SERVER, SERVER6
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    six, group = Host("fe80::1f", M1.mac), Host("239.1.2.3")
    wire.send(six, Host("ff02::16"), ICMPv6MLReport2())
    wire.send(six, Host("ff02::2"), ICMPv6ND_RS())
    wire.send(six, Host("ff02::1:ff00:10"), ICMPv6ND_NS(tgt=SERVER6.ip))
    wire.send(M6, SERVER6, ICMPv6ND_NS(tgt=SERVER6.ip))
    wire.send(SERVER6, M6, ICMPv6ND_NA(tgt=SERVER6.ip))
    wire.send(M1, group, Raw(bytes.fromhex("1600fa00ef010203")), proto=2, ttl=1)
    wire.send(SERVER, group, Raw(bytes.fromhex("1600fa00ef010203")), proto=2, ttl=1)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
