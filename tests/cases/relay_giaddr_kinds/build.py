from pathlib import Path

from tests.cases.hosts import M2, Q1, RELAY, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    for number, (last, port, names) in enumerate(
        ((254, 67, [RELAY.ip]), (253, 67, ["10.20.2.9"]), (252, 67, [RELAY.ip, "0.0.0.0"]), (251, 5000, [RELAY.ip])), 1
    ):
        for giaddr in names:
            relay = Host(f"10.20.0.{last}")
            wire.dhcp(relay, SERVER, "request", Q1, sport=port, dport=67, giaddr=giaddr, xid=number)
            wire.dhcp(SERVER, relay, "ack", Q1, sport=67, dport=port, giaddr=giaddr, xid=number)
    wire.dhcp(Host("10.20.0.250"), EVERYBODY, "offer", Q1, giaddr=RELAY.ip, xid=9)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
