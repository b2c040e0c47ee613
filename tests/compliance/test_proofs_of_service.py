"""What shows that a flow was served, and what shows that it was not: small conversations, each with its verdict."""

from pathlib import Path

import pandas as pd
import pytest

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
