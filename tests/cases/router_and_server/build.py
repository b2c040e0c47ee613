from pathlib import Path

from tests.cases.hosts import M1, Q1, Q2, ROUTER, SERVER
from tests.cases.router_any_one_server.build import both_sides
from tests.packets import SLL2, Framing, Wire, shifted


def build(folder: Path) -> None:
    wire = Wire()
    wire.tcp(SERVER, 50001, Q1, 56010)
    wire.tftp(Q1, SERVER)
    stopped = wire.syn(SERVER, 50002, Q2, 56010)
    asked = len(wire.packets) - 1
    wire.icmp_error(ROUTER, stopped, 3, 13)
    wire.wait(60)
    wire.ping(SERVER, Q2)
    wire.ping(SERVER, Q1)
    senders = wire.packets
    routed = Wire(packets=[packet for number, packet in enumerate(senders) if number not in (asked, asked + 1)])
    routed.packets = list(shifted(both_sides(routed), 200_000))
    routed.save(folder / "router.pcap", Framing(link=SLL2))
    wire.packets = [packet for number, packet in enumerate(senders) if number != asked + 1]
    wire.ping(SERVER, M1)
    wire.save(folder / "server.pcap")
    report = Wire(packets=[senders[asked + 1]])
    report.now = wire.now
    report.ping(ROUTER, Q2)
    report.save(folder / "beside.pcap")
