from pathlib import Path

from tests.cases.hosts import M1, M2, OTHER, SERVER
from tests.packets import EVERYBODY, Host, Wire


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    for client, answers_to, xid in ((M1, OTHER, 1), (M2, EVERYBODY, 2)):
        blank = Host("0.0.0.0", client.mac)
        wire.dhcp(blank, EVERYBODY, "discover", client, xid=xid)
        wire.dhcp(SERVER, EVERYBODY, "offer", client, xid=xid)
        for _ in range(4 if client is M1 else 2):
            wire.dhcp(blank, EVERYBODY, "request", client, xid=xid)
            wire.dhcp(SERVER, answers_to, "ack", client, xid=xid)
            wire.wait(2)
    wire.proxy(M2, SERVER)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")
