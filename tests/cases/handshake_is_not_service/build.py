from pathlib import Path
from typing import Any

from scapy.layers.inet import TCP

from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER
from tests.packets import Host, Packet, Wire

ORDER = bytes(200)
PORT = 56010


class Talk:
    """One connection from the server to a machine; every packet of it has TTL 128 unless another is given."""

    def __init__(self, wire: Wire, port: int, machine: Host = M1) -> None:
        self.wire, self.port, self.machine = wire, port, machine

    def orig(self, flags: str, seq: int, ack: int = 0, data: bytes = b"", ttl: int = 128) -> Packet:
        layer = TCP(sport=self.port, dport=PORT, flags=flags, seq=seq, ack=ack) / data
        return self.wire.send(SERVER, self.machine, layer, ttl=ttl)

    def resp(self, flags: str, seq: int, ack: int, data: bytes = b"", ttl: int = 128) -> Packet:
        layer = TCP(sport=PORT, dport=self.port, flags=flags, seq=seq, ack=ack) / data
        return self.wire.send(self.machine, SERVER, layer, ttl=ttl)

    def open(self) -> None:
        self.orig("S", 1000)
        self.resp("SA", 5000, 1001)
        self.orig("A", 1001, 5001)

    def again(self, times: int, **words: Any) -> None:
        """The same 200 octets so many times, each time later."""
        for number in range(times):
            self.orig("PA", 1001, 5001, ORDER)
            for reply in words.get("replies", ()):
                reply()
            self.wire.wait(0.3 * 2**number)


def build(folder: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M2)
    stopped_by_icmp(wire)
    handshake_not_completed(wire)
    reset(wire)
    not_acknowledged(wire)
    not_shown(wire)
    served(wire)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "capture.pcap")


def stopped_by_icmp(wire: Wire) -> None:
    for port, kind, code in ((50001, 3, 13), (50002, 3, 4)):
        talk = Talk(wire, port, Q1)
        talk.open()
        for number in range(3):
            wire.icmp_error(ROUTER, talk.orig("PA", 1001, 5001, ORDER), kind, code)
            wire.wait(0.3 * 2**number)


def handshake_not_completed(wire: Wire) -> None:
    for port, acks in ((50003, True), (50004, False)):
        talk = Talk(wire, port)
        talk.orig("S", 1000)
        for number in range(5):
            talk.resp("SA", 5000, 1001)
            if acks:
                talk.orig("A", 1001, 5001)
            wire.wait(2**number)
    talk = Talk(wire, 50005)
    for number in range(4):
        talk.orig("S", 1000)
        talk.resp("A", 77, 99)
        wire.wait(2**number)


def reset(wire: Wire) -> None:
    for port, sides in ((50006, "both"), (50007, "originator"), (50008, "responder")):
        talk = Talk(wire, port)
        talk.open()
        talk.orig("PA", 1001, 5001, ORDER)
        if sides != "originator":
            talk.resp("R", 5001, 0, ttl=63 if sides == "both" else 128)
        if sides != "responder":
            talk.orig("R", 1201, 0, ttl=63)


def not_acknowledged(wire: Wire) -> None:
    talk = Talk(wire, 50000)
    talk.open()
    talk.again(6)
    talk.orig("RA", 1201, 5001)
    talk = Talk(wire, 50009)
    talk.open()
    for number in range(5):
        talk.resp("PA", 5001, 1001, b"welcome")
        wire.wait(0.3 * 2**number)
    talk = Talk(wire, 50010)
    talk.open()
    talk.again(4, replies=[lambda: talk.resp("A", 5001, 1201)])
    talk = Talk(wire, 50011)
    talk.open()
    for number in range(4):
        talk.orig("PA", 1001, 5001, b"x")
        wire.wait(2**number)
    talk = Talk(wire, 50012)
    talk.open()
    talk.again(5)
    talk.orig("FPA", 1001, 5001, ORDER)
    wire.wait(2)
    talk = Talk(wire, 50013)
    talk.open()
    talk.orig("PA", 1001, 5001, b"get")
    talk.resp("A", 5001, 1004)
    for number in range(5):
        talk.resp("A", 5001, 1004, bytes(1460))
        wire.wait(0.3 * 2**number)


def not_shown(wire: Wire) -> None:
    """Nothing was acknowledged, and nothing shows that it did not arrive."""
    Talk(wire, 50020).open()
    talk = Talk(wire, 50021)
    talk.open()
    talk.again(1)
    talk.orig("RA", 1201, 5001)


def served(wire: Wire) -> None:
    wire.tcp(SERVER, 50030, M1, PORT)
    talk = Talk(wire, 50031)
    talk.open()
    talk.orig("FA", 1001, 5001)
    talk.resp("FA", 5001, 1002)
    talk.orig("A", 1002, 5002)
    talk = Talk(wire, 50032)
    talk.open()
    talk.orig("PA", 1001, 5001, b"get")
    talk.resp("A", 5001, 1004)
    for number in range(5):
        talk.orig("PA", 1004, 5001, ORDER)
        wire.wait(0.3 * 2**number)
    talk = Talk(wire, 50033)
    talk.open()
    talk.orig("PA", 1001, 5001, b"get")
    talk.resp("A", 5001, 1004)
    for _ in range(5):
        wire.wait(5)
        talk.orig("A", 1003, 5001, b"t")
        talk.resp("A", 5001, 1004)
    talk = Talk(wire, 50034)
    talk.orig("S", 1000)
    for _ in range(3):
        talk.resp("SA", 5000, 1001)
        wire.wait(1)
    talk.orig("A", 1001, 5001)
    talk.orig("PA", 1001, 5001, ORDER)
    talk.resp("A", 5001, 1201)
    talk = Talk(wire, 50035)
    talk.open()
    talk.orig("PA", 1001, 5001, ORDER)
    talk.resp("A", 5001, 1201)
    talk.resp("R", 5001, 0, ttl=63)
