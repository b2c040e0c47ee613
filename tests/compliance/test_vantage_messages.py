"""Where a flow was captured, and where not: only vantages that could show it are named as those that miss it.

Each flow is captured at the server. The second vantage captures at the same time, and does not show the flow.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from scapy.layers.inet import IP

from analyzer import pipeline
from tests.cases.hosts import M1, M2, OTHER, Q1, Q2, RELAY, ROUTER, SERVER, STRANGER
from tests.packets import Host, Packet, Wire

SITE = Path(__file__).parents[1] / "cases" / "site.yaml"
FLOOR, SILENT = Host("10.20.2.8"), Host("10.20.2.9")
"""In the segment of Q1; the second one sends nothing."""
AWAY, AWAY_FROM_SERVER = Host("192.0.2.7", RELAY.mac), Host("192.0.2.8", ROUTER.mac)
"""Behind a router: its packets come from the router's MAC, with a smaller time to live."""


def at_server(orig: Host, resp: Host) -> Wire:
    """A conversation that no row covers, and others around it that span the same time."""
    wire = Wire()
    wire.ping(SERVER, M1)
    wire.wait(5)
    wire.tcp(orig, 40000, resp, 3389)
    wire.wait(5)
    wire.ping(SERVER, M1)
    return wire


def elsewhere(*talks: tuple[Host, Host]) -> Wire:
    """A vantage that captures from before the conversation until after it."""
    wire = Wire()
    for _ in range(2):
        for one, other in talks:
            wire.ping(one, other)
        wire.wait(6)
    for one, other in talks:
        wire.ping(one, other)
    wire.packets = [routed(packet) for packet in wire.packets]
    return wire


def routed(packet: Packet) -> Packet:
    """A packet of a host behind a router as that router forwards it; any other packet as it is."""
    layer = IP(packet.payload)
    if layer.src not in (AWAY.ip, AWAY_FROM_SERVER.ip):
        return packet
    layer.ttl -= 1
    del layer.chksum
    return replace(packet, payload=bytes(layer))


def codes(folder: Path, near: Wire, far: Wire) -> list[str]:
    """The codes of the messages of the flow to port 3389."""
    near.save(folder / "server.pcap")
    far.save(folder / "far.pcap")
    report = pipeline.analyze([folder / "server.pcap", folder / "far.pcap"], site=SITE, dissect=False)
    place = report.flows.index[report.flows["resp_p"] == 3389].tolist()
    assert len(place) == 1
    assert report.messages is not None
    flows = report.messages.flows
    return [message.code for message in flows.groups[flows.codes[place[0]]]]


@pytest.mark.parametrize(
    ("orig", "resp", "talks"),
    [
        pytest.param(STRANGER, SERVER, [(Q1, Q2), (Q1, ROUTER)], id="another host's own interface, another segment"),
        pytest.param(SERVER, M1, [(M2, STRANGER), (M2, ROUTER)], id="another host's own interface, same segment"),
        pytest.param(STRANGER, M1, [(Q1, Q2), (ROUTER, SILENT)], id="a tap of another segment"),
        pytest.param(STRANGER, SERVER, [(Q1, AWAY), (FLOOR, AWAY)], id="a router's port to another segment"),
        pytest.param(
            STRANGER,
            M1,
            [(M2, AWAY_FROM_SERVER), (OTHER, AWAY_FROM_SERVER)],
            id="a router's port, both ends on its one side",
        ),
        pytest.param(Q1, SERVER, [(Q2, Host("10.20.2.150"))], id="a link of two other hosts"),
    ],
)
def test_a_vantage_that_could_not_show_it_is_not_named(
    orig: Host, resp: Host, talks: list[tuple[Host, Host]], tmp_path: Path
) -> None:
    assert "captured-in" not in codes(tmp_path, at_server(orig, resp), elsewhere(*talks))


@pytest.mark.parametrize(
    ("orig", "resp", "talks"),
    [
        pytest.param(SERVER, SILENT, [(Q1, FLOOR), (FLOOR, RELAY), (RELAY, Q1)], id="a tap of its segment"),
        pytest.param(SERVER, SILENT, [(Q1, AWAY), (FLOOR, AWAY)], id="a router's port to its segment"),
        pytest.param(SERVER, Q1, [(Q1, Q2), (Q2, ROUTER), (ROUTER, Q1)], id="a tap of its link"),
        pytest.param(Q1, SERVER, [(Q1, SERVER)], id="a link that other flows of the two pass"),
    ],
)
def test_a_vantage_that_could_show_it_is_named(
    orig: Host, resp: Host, talks: list[tuple[Host, Host]], tmp_path: Path
) -> None:
    assert "captured-in" in codes(tmp_path, at_server(orig, resp), elsewhere(*talks))
