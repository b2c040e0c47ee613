"""What shows that a flow was served, and what shows that it was not: small conversations, each with its verdict."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scapy.layers.inet import TCP, UDP

from analyzer import pipeline
from tests.cases.hosts import M1, M2, Q1, Q2, RELAY, SERVER
from tests.packets import EVERYBODY, Host, Wire
from tests.program import ROOT

CLEAN = "expected", "established"
LOST = "blocked", "no-reply"


def judged(folder: Path, wire: Wire) -> pd.DataFrame:
    """The flows of a conversation and a later ping."""
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(folder / "a.pcap")
    return pipeline.analyze(folder / "a.pcap", site=ROOT / "tests" / "cases" / "site.yaml", dissect=False).flows


def ends(flows: pd.DataFrame, column: str, value: str) -> tuple[str, str]:
    """The verdict and the outcome of the only flow that has this value."""
    found = flows[flows[column].astype(str) == value]
    assert len(found) == 1, flows.to_string()
    return str(found["verdict"].iloc[0]), str(found["outcome"].iloc[0])


def blank(client: Host) -> Host:
    return Host("0.0.0.0", client.mac)


def relayed(wire: Wire, client: Host, xid: int, requests: int) -> None:
    """A lease through the relay; the client sends its REQUEST so many times."""
    words = {"xid": xid, "giaddr": RELAY.ip}
    wire.dhcp(RELAY, SERVER, "discover", client, sport=67, **words)
    wire.dhcp(SERVER, RELAY, "offer", client, dport=67, **words)
    for _ in range(requests):
        wire.dhcp(RELAY, SERVER, "request", client, sport=67, **words)
        wire.dhcp(SERVER, RELAY, "ack", client, dport=67, **words)
        wire.wait(2)


@pytest.mark.parametrize(("first", "verdict"), [(1, CLEAN), (4, LOST)])
def test_a_relay_is_blocked_only_if_every_client_repeats(tmp_path: Path, first: int, verdict: tuple[str, str]) -> None:
    wire = Wire()
    relayed(wire, Q1, 5, first)
    relayed(wire, Q2, 6, 4)
    assert ends(judged(tmp_path, wire), "orig_h", RELAY.ip) == verdict


@pytest.mark.parametrize("sender", [M1, blank(M1)], ids=["unicast", "from no address"])
@pytest.mark.parametrize("xids", [(9, 9, 9, 9), (9, 10, 11, 12)], ids=["one xid", "xids"])
def test_a_renewal_is_no_repetition(tmp_path: Path, sender: Host, xids: tuple[int, ...]) -> None:
    wire = Wire()
    wire.lease(M1, SERVER, xid=9)
    for xid in xids:
        wire.wait(10)
        wire.dhcp(sender, SERVER, "request", M1, xid=xid, ciaddr=M1.ip, vendor=b"udhcp")
        wire.dhcp(SERVER, M1, "ack", M1, xid=xid, vendor=b"udhcp")
    flows = judged(tmp_path, wire)
    assert set(flows[flows["resp_p"].astype(str) == "67"]["verdict"]) == {"expected"}


@pytest.mark.parametrize(
    ("address", "words"),
    [("0.0.0.0", {"ciaddr": M1.ip}), (M1.ip, {})],
    ids=["named by the client", "sent from it"],
)
def test_a_request_with_the_address_shows_that_the_ack_arrived(
    tmp_path: Path, address: str, words: dict[str, str]
) -> None:
    wire = Wire()
    for _ in range(3):
        wire.dhcp(blank(M1), EVERYBODY, "request", M1)
        wire.dhcp(SERVER, EVERYBODY, "ack", M1)
        wire.wait(3)
    assert ends(judged(tmp_path, Wire(wire.now, [*wire.packets])), "orig_h", "0.0.0.0") == LOST
    wire.dhcp(Host(address, M1.mac), SERVER, "request", M1, xid=8, **words)
    flows = judged(tmp_path, wire)
    assert ends(flows[flows["orig_h"] == "0.0.0.0"], "resp_h", EVERYBODY.ip) == CLEAN


def test_a_request_that_is_seen_twice_on_its_way_is_one_repetition(tmp_path: Path) -> None:
    """A device forwards the datagram with a MAC of its own."""
    wire = Wire()
    words = {"xid": 5, "giaddr": RELAY.ip}
    for _ in range(2):
        packet = wire.dhcp(RELAY, SERVER, "request", Q1, sport=67, **words)
        wire.put("02:00:00:00:00:77", SERVER.mac, packet.ethertype, packet.payload)
        wire.dhcp(SERVER, RELAY, "ack", Q1, dport=67, **words)
        wire.wait(4)
    assert ends(judged(tmp_path, wire), "orig_h", RELAY.ip) == CLEAN


@pytest.mark.parametrize("assigned", [M1.ip, "0.0.0.0"])
@pytest.mark.parametrize("went_on", [True, False])
def test_the_boot_server_is_asked_again(tmp_path: Path, assigned: str, went_on: bool) -> None:
    """Port 4011: the client has its address before, so only what it does afterwards shows that the answer arrived."""
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.wait(1)
    for _ in range(3):
        wire.dhcp(M1, SERVER, "request", M1, dport=4011, ciaddr=M1.ip)
        wire.dhcp(SERVER, M1, "ack", M1, sport=4011, yiaddr=assigned)
        wire.wait(3)
    if went_on:
        wire.tftp(M1, SERVER)
    assert ends(judged(tmp_path, wire), "resp_p", "4011") == (CLEAN if went_on else LOST)


@pytest.mark.parametrize(("again", "verdict"), [(False, CLEAN), (True, LOST)])
def test_a_tftp_answer_at_both_sides_of_a_device(tmp_path: Path, again: bool, verdict: tuple[str, str]) -> None:
    """The device keeps the time to live and puts its own MAC into the frames."""
    wire = Wire()
    oack = UDP(sport=50000, dport=2070) / b"\0\6tsize\x00100\0"
    for number in range(7, 9 if again else 8):
        for sender in (SERVER, Host(SERVER.ip, "02:00:00:00:00:77")):
            if number == 7:
                request = UDP(sport=2070, dport=69) / b"\0\1boot.0\0octet\0"
                wire.send(M1, SERVER, request, id=5)
            wire.send(sender, M1, oack, id=number)
        wire.wait(2)
    flows = judged(tmp_path, wire)
    assert ends(flows, "resp_p", "69") == verdict
    if again:
        detail = str(flows[flows["resp_p"].astype(str) == "69"]["detail"].iloc[0])
        assert "The server answered with 2 packets" in detail


class Talk:
    """One connection from the server to a machine."""

    def __init__(self) -> None:
        self.wire = Wire()

    def orig(self, flags: str, seq: int, ack: int = 0, **words: Any) -> "Talk":
        """A segment of the originator; ``data``, ``wait``: seconds after it, and scapy's names of IP fields."""
        return self._send(SERVER, M1, (50001, 56010), flags, seq, ack, words)

    def resp(self, flags: str, seq: int, ack: int, **words: Any) -> "Talk":
        return self._send(M1, SERVER, (56010, 50001), flags, seq, ack, words)

    def open(self, **words: Any) -> "Talk":
        """SYN, SYN-ACK, ACK."""
        return self.orig("S", 1000, **words).resp("SA", 5000, 1001).orig("A", 1001, 5001, **words)

    def _send(
        self, source: Host, target: Host, ports: tuple[int, int], flags: str, seq: int, ack: int, words: dict[str, Any]
    ) -> "Talk":
        layer = TCP(sport=ports[0], dport=ports[1], flags=flags, seq=seq, ack=ack) / words.pop("data", b"")
        wait = words.pop("wait", 0)
        self.wire.send(source, target, layer, **{"ttl": 64} | words)
        self.wire.wait(wait)
        return self


def flow_of(folder: Path, talk: Talk) -> tuple[tuple[str, str], str]:
    """The verdict and the outcome of the connection, and its detail."""
    flows = judged(folder, talk.wire)
    return ends(flows, "resp_p", "56010"), str(flows[flows["resp_p"].astype(str) == "56010"]["detail"].iloc[0])


@pytest.mark.parametrize(("answer", "verdict"), [(True, CLEAN), (False, LOST)])
def test_acknowledged_data_that_is_repeated_before_an_answer_arrives(
    tmp_path: Path, answer: bool, verdict: tuple[str, str]
) -> None:
    talk = Talk().open()
    for _ in range(3):
        talk.orig("PA", 1001, 5001, data=b"request").resp("A", 5001, 1008, wait=0.3)
    if answer:
        talk.resp("PA", 5001, 1008, data=bytes(300)).orig("A", 1008, 5301)
    assert flow_of(tmp_path, talk)[0] == verdict


def test_acknowledged_data_of_the_responder_that_is_repeated_before_the_peers_data_is_acknowledged(
    tmp_path: Path,
) -> None:
    talk = Talk().open()
    for _ in range(3):
        talk.resp("PA", 5001, 1001, data=b"welcome").orig("A", 1001, 5008, wait=0.3)
    assert flow_of(tmp_path, talk)[0] == LOST
    talk.orig("PA", 1001, 5008, data=b"request").resp("A", 5008, 1008)
    assert flow_of(tmp_path, talk)[0] == CLEAN


@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_fin_that_is_repeated_after_service(tmp_path: Path, acknowledged: bool) -> None:
    talk = Talk().open().orig("PA", 1001, 5001, data=bytes(500)).resp("A", 5001, 1501)
    for _ in range(4):
        talk.resp("FA", 5001, 1501, wait=1)
        if acknowledged:
            talk.orig("A", 1501, 5002)
    verdict, detail = flow_of(tmp_path, talk)
    assert verdict == CLEAN
    assert "broke off" not in detail


def test_a_fin_of_the_originator_that_is_repeated_after_service(tmp_path: Path) -> None:
    talk = Talk().open().resp("PA", 5001, 1001, data=b"banner").orig("A", 1001, 5007)
    for _ in range(4):
        talk.orig("FA", 1001, 5007, wait=1)
    assert flow_of(tmp_path, talk)[0] == CLEAN


def test_a_fin_that_is_repeated_and_nothing_was_acknowledged(tmp_path: Path) -> None:
    talk = Talk().open()
    for _ in range(4):
        talk.orig("FA", 1001, 5001, wait=1)
    verdict, detail = flow_of(tmp_path, talk)
    assert verdict == LOST
    assert "the originator sent FIN and repeated this 3 times" in detail


def test_a_fin_that_is_repeated_although_it_was_acknowledged(tmp_path: Path) -> None:
    """The connection was closed: nothing shows that it was not served."""
    talk = Talk().open()
    for _ in range(4):
        talk.orig("FA", 1001, 5001).resp("A", 5001, 1002, wait=1)
    assert flow_of(tmp_path, talk)[0] == CLEAN


def test_octets_are_counted_without_the_fin(tmp_path: Path) -> None:
    talk = Talk().open().orig("PA", 1001, 5001, data=b"get").resp("A", 5001, 1004)
    for _ in range(4):
        talk.orig("FPA", 1004, 5001, data=b"x", wait=1)
    verdict, detail = flow_of(tmp_path, talk)
    assert verdict == CLEAN
    assert "the originator repeated data 3 times, and the last octet was not acknowledged" in detail
    talk = Talk().open()
    for _ in range(4):
        talk.orig("FPA", 1001, 5001, data=bytes(200), wait=1)
    verdict, detail = flow_of(tmp_path, talk)
    assert verdict == LOST
    assert "the originator sent 200 octets and repeated this 3 times" in detail


def test_a_syn_ack_that_is_repeated_before_the_ack_is_no_proof(tmp_path: Path) -> None:
    """Three ACKs that answer three SYN-ACKs, or an ACK and a RST."""
    for last in ("AAA", "AR", "AF"):
        talk = Talk().orig("S", 1000)
        for _ in range(3):
            talk.resp("SA", 5000, 1001, wait=1)
        for flags in last:
            talk.orig("A" if flags == "A" else flags + "A", 1001, 5001)
        assert flow_of(tmp_path, talk)[0] == CLEAN, last


@pytest.mark.parametrize(("after", "verdict"), [(1, CLEAN), (2, LOST)])
def test_syn_acks_after_the_ack(tmp_path: Path, after: int, verdict: tuple[str, str]) -> None:
    talk = Talk().orig("S", 1000)
    for _ in range(2):
        talk.resp("SA", 5000, 1001, wait=1)
    talk.orig("A", 1001, 5001)
    for _ in range(after):
        talk.resp("SA", 5000, 1001, wait=1)
    assert flow_of(tmp_path, talk)[0] == verdict


@pytest.mark.parametrize(("first", "again"), [(128, 255), (64, 255), (64, 128)])
def test_a_system_that_sends_rst_with_another_ttl_is_known_at_any_distance(
    tmp_path: Path, first: int, again: int
) -> None:
    for hops in (0, 1, 2, 20):
        talk = Talk().open(ttl=first - hops).orig("R", 1001, ttl=again - hops)
        assert flow_of(tmp_path, talk)[0] == CLEAN, hops
        talk = Talk().open(ttl=first - hops).orig("R", 1001, ttl=again - hops - 1)
        assert flow_of(tmp_path, talk)[0] == ("blocked", "refused"), hops


@pytest.mark.parametrize(
    ("last", "verdict"),
    [({}, CLEAN), ({"id": 7, "ttl": 63}, CLEAN), ({"id": 8}, LOST)],
    ids=["before its answer", "a copy from behind a router", "after its answer"],
)
def test_a_syn_that_was_repeated(tmp_path: Path, last: dict[str, int], verdict: tuple[str, str]) -> None:
    talk = Talk().orig("S", 1000, wait=1).orig("S", 1000, id=7).resp("SA", 5000, 1001)
    if last:
        talk.orig("S", 1000, **last)
    assert flow_of(tmp_path, talk)[0] == verdict


@pytest.mark.parametrize("hops", [0, 1, 3])
@pytest.mark.parametrize(
    ("again", "source"),
    [(255, "The responder may send RST with another TTL"), (254, "Another device on the path may have sent the RST")],
)
def test_a_syn_that_is_refused_with_another_ttl(tmp_path: Path, hops: int, again: int, source: str) -> None:
    talk = Talk().orig("S", 1000).resp("RA", 0, 1001, ttl=again - hops)
    pong = TCP(sport=56020, dport=50002, flags="SA", seq=1, ack=1)
    talk.wire.send(M1, SERVER, pong, ttl=128 - hops)
    verdict, detail = flow_of(tmp_path, talk)
    assert verdict == ("blocked", "refused")
    assert source in detail
