from pathlib import Path
from typing import Any

from scapy.layers.inet import TCP

from tests.cases.hosts import M1, M2, SERVER
from tests.packets import Host, Wire


def build(folder: Path) -> None:
    wire = Wire()

    def say(source: Host, sport: int, target: Host, dport: int, ttl: int, **header: Any) -> None:
        wire.send(source, target, TCP(sport=sport, dport=dport, **header), ttl=ttl)

    for port in (50000, 50002):
        say(SERVER, port, M1, 56010, 128, flags="S", seq=1000)
        say(M1, 56010, SERVER, port, 128, flags="SA", seq=9, ack=1001)
        say(SERVER, port, M1, 56010, 128, flags="A", seq=1001, ack=10)
        say(SERVER, port, M1, 56010, 128, flags="FA", seq=1001, ack=10)
        say(M1, 56010, SERVER, port, 128, flags="FA", seq=10, ack=1002)
        wire.wait(1)
    say(SERVER, 50001, M1, 56010, 128, flags="S", seq=2000)
    say(M1, 56010, SERVER, 50001, 255, flags="RA", seq=0, ack=2001)
    wire.wait(60)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
