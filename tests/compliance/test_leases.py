"""Which client had an address at which time, by DHCP messages as they were sent."""

from pathlib import Path
from typing import Any

import pytest

from analyzer import analyze
from analyzer.compliance.exchanges.dhcp import read_messages
from analyzer.compliance.identity.endpoints import find_mac_by_address
from analyzer.compliance.identity.leases import NO_LESSEE, Leases
from analyzer.flows.assembler import Watch
from analyzer.flows.read import read_captures
from analyzer.flows.table import FlowTable
from analyzer.net import DHCP_CLIENT, DHCP_SERVER
from analyzer.site import site_from
from tests.packets import EVERYBODY, Host, Wire

SERVER = Host("10.20.0.10")
X, Y = "10.20.0.31", "10.20.0.32"
ONE, TWO = "02:00:00:00:00:01", "02:00:00:00:00:02"
XID = 7


class Story:
    """DHCP messages of clients, ten seconds apart."""

    def __init__(self) -> None:
        self.wire = Wire()

    def send(self, kind: str, mac: str, xid: int = XID, **words: Any) -> "Story":
        """A message; ``ciaddr``: the address that the client has; ``yiaddr``: the address that the server assigns."""
        client = Host(words.get("ciaddr", words.get("yiaddr", "0.0.0.0")), mac)
        if kind in {"offer", "ack", "nak"}:
            words.setdefault("yiaddr", "0.0.0.0")
            self.wire.dhcp(SERVER, EVERYBODY, kind, client, xid=xid, vendor=b"", **words)
        else:
            self.wire.dhcp(client, EVERYBODY, kind, client, xid=xid, vendor=b"", **words)
        self.wire.wait(10)
        return self

    def saved(self, folder: Path) -> Path:
        path = folder / "story.pcap"
        self.wire.save(path)
        return path

    def table(self, folder: Path) -> FlowTable:
        return read_captures([str(self.saved(folder))], watch=Watch(frozenset({DHCP_SERVER, DHCP_CLIENT}))).table


def changes(story: Story, folder: Path, address: str) -> list[str | None]:
    """The lessee of an address after each message."""
    messages = read_messages(story.table(folder))
    leases = Leases(messages)
    return [leases.at(address, message.mark.time) for message in messages]


def test_a_request_that_was_refused_and_a_release(tmp_path: Path) -> None:
    story = Story().send("request", ONE, ciaddr=X).send("nak", ONE).send("release", ONE, ciaddr=X)
    assert changes(story, tmp_path, X) == [None, None, NO_LESSEE]


def test_the_analysis_of_a_release_after_a_refusal_ends_with_a_report(tmp_path: Path) -> None:
    story = Story().send("request", ONE, ciaddr=X).send("nak", ONE).send("release", ONE, ciaddr=X)
    assert len(analyze(story.saved(tmp_path), dissect=False).flows)


def test_a_decline_after_a_refusal(tmp_path: Path) -> None:
    story = Story().send("request", ONE, ciaddr=X).send("nak", ONE).send("decline", ONE)
    assert changes(story, tmp_path, X) == [None, None, None]


def test_a_refusal_a_new_lease_and_its_release(tmp_path: Path) -> None:
    story = Story().send("request", ONE, ciaddr=X).send("nak", ONE)
    story.send("request", ONE, xid=8).send("ack", ONE, xid=8, yiaddr=Y)
    story.wire.wait(3600)
    story.send("release", ONE, xid=9, ciaddr=Y)
    assert changes(story, tmp_path, X) == [None] * 5
    assert changes(story, tmp_path, Y) == [None, None, None, ONE, NO_LESSEE]


def test_a_refusal_undoes_every_copy_of_the_request(tmp_path: Path) -> None:
    """Clients repeat a request, and two vantages capture it twice."""
    story = Story().send("request", ONE, ciaddr=X).send("request", ONE, ciaddr=X).send("nak", ONE)
    assert changes(story, tmp_path, X) == [None, None, None]
    story.send("nak", ONE).send("release", ONE, ciaddr=X)
    assert changes(story, tmp_path, X) == [None, None, None, None, NO_LESSEE]


def test_a_refusal_undoes_the_request_and_no_other_message(tmp_path: Path) -> None:
    """INFORM shows an address that the client has; after the refusal the client has it no more."""
    story = Story().send("request", ONE, ciaddr=X).send("inform", ONE, xid=8, ciaddr=X).send("nak", ONE)
    assert changes(story, tmp_path, X) == [None, ONE, NO_LESSEE]


@pytest.mark.parametrize(
    "words", [{"ciaddr": X}, {"options": [("requested_addr", X)]}], ids=["renewal", "after a restart"]
)
def test_a_refused_renewal_ends_the_lease(tmp_path: Path, words: dict[str, Any]) -> None:
    story = Story().send("request", ONE).send("ack", ONE, yiaddr=X)
    story.send("request", ONE, xid=8, **words).send("nak", ONE, xid=8)
    assert changes(story, tmp_path, X) == [None, ONE, ONE, NO_LESSEE]


def test_a_refusal_leaves_the_lease_of_another_client(tmp_path: Path) -> None:
    story = Story().send("request", ONE).send("ack", ONE, yiaddr=X)
    story.send("request", TWO, xid=8, ciaddr=X).send("nak", TWO, xid=8)
    story.send("request", TWO, xid=9, options=[("requested_addr", X)]).send("nak", TWO, xid=9)
    story.send("release", TWO, xid=10, ciaddr=X)
    assert changes(story, tmp_path, X) == [None, *[ONE] * 6]


def test_a_refusal_by_a_second_server_leaves_what_the_first_one_assigned(tmp_path: Path) -> None:
    story = Story().send("request", ONE, ciaddr=X).send("ack", ONE, yiaddr=X).send("nak", ONE)
    assert changes(story, tmp_path, X) == [ONE, ONE, ONE]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("release", {"ciaddr": Y}), ("decline", {"options": [("requested_addr", Y)]})],
)
def test_a_client_gives_back_the_address_that_it_names(tmp_path: Path, kind: str, words: dict[str, Any]) -> None:
    story = Story().send("ack", ONE, yiaddr=X).send("ack", ONE, xid=8, yiaddr=Y).send(kind, ONE, xid=9, **words)
    assert changes(story, tmp_path, X) == [ONE, ONE, ONE]
    assert changes(story, tmp_path, Y) == [None, ONE, NO_LESSEE]


@pytest.mark.parametrize("kind", ["release", "decline"])
def test_a_client_that_names_no_address_gives_back_all(tmp_path: Path, kind: str) -> None:
    story = Story().send("ack", ONE, yiaddr=X).send("ack", ONE, xid=8, yiaddr=Y).send(kind, ONE, xid=9)
    assert changes(story, tmp_path, X)[-1] == changes(story, tmp_path, Y)[-1] == NO_LESSEE


def test_a_machine_is_not_at_an_address_that_it_was_refused(tmp_path: Path) -> None:
    machines = [{"name": name, "mac": mac, "os": "linux"} for name, mac in (("one", ONE), ("two", TWO))]
    site = site_from(
        {"version": 1, "name": "made", "dpm_server": {"addresses": [SERVER.ip]}, "managed_machines": machines}
    )
    story = Story().send("request", ONE).send("ack", ONE, yiaddr=X)
    story.send("request", TWO, xid=8, ciaddr=X).send("nak", TWO, xid=8)
    # A router is before the clients: only the DHCP messages show who has which address.
    story.wire.packets = [
        packet.__class__(**{**packet.__dict__, "source": SERVER.mac}) for packet in story.wire.packets
    ]
    table = story.table(tmp_path)
    assert find_mac_by_address(table, table.hosts, site, Leases(read_messages(table))) == {X: ONE}
