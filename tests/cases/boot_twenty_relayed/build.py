from pathlib import Path

from tests.cases.hosts import M2, RELAY, SERVER
from tests.packets import Host, Wire

FLOOR = [Host(f"10.20.2.{number}") for number in range(41, 61)]
BEHIND = [Host(machine.ip, RELAY.mac) for machine in FLOOR]


def build(folder: Path) -> None:
    wire = Wire()
    for kind, answer in (("discover", "offer"), ("request", "ack")):
        asking = FLOOR if kind == "discover" else FLOOR[1:]
        for machine in asking:
            words = {"sport": 67, "dport": 67, "giaddr": RELAY.ip, "xid": FLOOR.index(machine) + 1}
            wire.dhcp(RELAY, SERVER, kind, machine, **words)
        for machine in FLOOR[1:]:
            words = {"sport": 67, "dport": 67, "giaddr": RELAY.ip, "xid": FLOOR.index(machine) + 1}
            wire.dhcp(SERVER, RELAY, answer, machine, **words)
    for number, machine in enumerate(BEHIND[1:]):
        wire.tftp(machine, SERVER, answer_port=50100 + number, missing=number == 0)
    for machine in BEHIND[2:]:
        wire.tcp(machine, 56030, SERVER, 56030)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
