"""The fields of a row: what they state follows from what is compared, and every field has its words."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import glossary, net, pipeline
from analyzer.columns import Integers
from analyzer.compliance.identity.roles import CAST_NUMBER, ROLE_BIT, role_mask
from analyzer.compliance.matching.facts import NO_FACTS, SIDES, Facts, FlowColumns
from analyzer.compliance.matching.fields import FIELDS, Field
from analyzer.compliance.matching.states import FAILS, HOLDS, UNKNOWN
from analyzer.compliance.matching.texts import ANY
from analyzer.compliance.messages.reasons import MAKERS
from analyzer.messages.english import SENTENCES, sentence
from analyzer.rules import Rule, load_table
from analyzer.site import Profile, Segment, Site
from analyzer.site.profile import Server
from analyzer.values import Cast, Reason, Role
from tests.program import ROOT

TABLE = load_table()
RULES = {rule.id: rule for rule in TABLE.rules}
BY_NAME = {field.name: field for field in FIELDS}
SITE = Site.from_profile(
    Profile(
        version=1,
        name="test",
        segments=(Segment(name="lan", cidr="192.0.2.0/24"), Segment(name="floor", cidr="198.51.100.0/24")),
        dpm_server=Server(addresses=("192.0.2.1",)),
    )
)
LAN, FLOOR = 0, 1
PLAIN: dict[str, Any] = {
    "proto": net.TCP, "orig_p": 40000, "resp_p": 80, "orig_roles": Role.MANAGED_MACHINE, "resp_roles": Role.DPM_SERVER,
    "orig_relay": False, "resp_relay": False, "cast": Cast.UNICAST, "broadcast_segment": -1, "woken_segment": -1,
    "other_group": False, "link_service": False, "maybe_broadcast": False, "inside": False, "application": "",
    "unlisted": False,
}  # fmt: skip
"""The facts of a flow from a machine to the server."""


def facts_with(*flows: Mapping[str, Any]) -> Facts:
    """The facts of these flows; each gives what differs from PLAIN."""
    lines = [PLAIN | dict(flow) for flow in flows]
    return Facts(**{name: column([line[name] for line in lines]) for name in PLAIN}, server_segments=(LAN,))


def column(values: list[Any]) -> Any:
    if isinstance(values[0], Role):
        return np.array([ROLE_BIT[role] for role in values], dtype=np.int64)
    if isinstance(values[0], Cast):
        return np.array([CAST_NUMBER[cast] for cast in values], dtype=np.int64)
    return np.array(values, dtype=object if isinstance(values[0], str) else None)


def compared(rule: Rule, field: Field, flow: Mapping[str, Any]) -> tuple[int, str, str]:
    """(state, what the row states, what the flow has) of one field."""
    facts = facts_with(flow)
    state = int(field.states(rule, facts, SITE)[0])
    return state, sentence(field.row_text(rule, SITE)), sentence(field.flow_text(rule, SITE, facts, 0))


@pytest.mark.parametrize(
    ("rule", "field", "flow", "state", "flow_text"),
    [
        # A connection of the server to itself is inside one machine, by its own address and by loopback.
        ("server-internal", "on-the-wire", {"orig_roles": Role.DPM_SERVER}, HOLDS, "inside one machine"),
        (
            "server-internal", "on-the-wire", {"orig_roles": Role.OTHER, "resp_roles": Role.OTHER, "inside": True},
            HOLDS, "inside one machine",
        ),
        ("server-internal", "on-the-wire", {}, FAILS, "from another machine"),
        (
            "server-internal", "on-the-wire", {"orig_roles": Role.DPM_SERVER, "resp_roles": Role.OTHER},
            HOLDS, "to another machine",
        ),
        ("image-builder", "on-the-wire", {"orig_roles": Role.DPM_SERVER}, HOLDS, "inside one machine"),
        ("image-builder", "on-the-wire", {}, HOLDS, "between machines"),
        # A relay of the profile sends in the client's place.
        (
            "boot-dhcp-request", "originator-role",
            {"orig_roles": Role.OTHER, "orig_relay": True, "orig_p": 67, "proto": net.UDP},
            HOLDS, "other, a DHCP relay at port 67",
        ),
        (
            "boot-dhcp-request", "originator-role",
            {"orig_roles": Role.OTHER, "orig_relay": True, "orig_p": 68, "proto": net.UDP},
            HOLDS, "other, a DHCP relay at port 68",
        ),
        (
            "boot-dhcp-request", "originator-role",
            {"orig_roles": Role.OTHER, "orig_relay": True, "orig_p": 69, "proto": net.UDP},
            FAILS, "other, a DHCP relay at port 69",
        ),
        # The relay gets the answer in the client's place.
        (
            "boot-dhcp-reply", "responder-role",
            {"resp_roles": Role.OTHER, "resp_relay": True, "resp_p": 68, "proto": net.UDP},
            HOLDS, "other, a DHCP relay at port 68",
        ),
        (
            "boot-dhcp-reply", "responder-role",
            {"resp_roles": Role.OTHER, "resp_relay": True, "resp_p": 70, "proto": net.UDP},
            FAILS, "other",
        ),
        (
            "boot-dhcp-request", "client-port", {"orig_relay": True, "orig_p": 67, "proto": net.UDP},
            HOLDS, "port 67 of a DHCP relay",
        ),
        ("boot-dhcp-request", "client-port", {"orig_p": 67, "proto": net.UDP}, FAILS, "port 67"),
        ("boot-dhcp-request", "client-port", {"orig_p": 68, "proto": net.ICMP}, FAILS, "none"),
        # A broadcast names no single responder.
        (
            "boot-dhcp-request", "responder-role", {"cast": Cast.LIMITED_BROADCAST, "resp_roles": Role.OTHER},
            HOLDS, "everybody",
        ),
        (
            "boot-dhcp-reply", "responder-role",
            {"cast": Cast.LIMITED_BROADCAST, "resp_roles": Role.OTHER, "unlisted": True},
            FAILS, "clients that the profile does not list",
        ),
        ("power-on", "responder-role", {"resp_roles": Role.OTHER}, HOLDS, "other"),
        ("shutdown", "responder-role", {"resp_roles": Role.OTHER}, FAILS, "other"),
        # The fields by which the row identifies the service.
        ("existence-check", "service", {"proto": net.ICMP, "orig_p": 8, "resp_p": 0}, HOLDS, "type 8"),
        ("existence-check", "service", {"orig_p": 8}, FAILS, "port 80"),
        ("shutdown", "service", {"proto": net.ICMP, "orig_p": 3, "resp_p": 56010}, FAILS, "type 3"),
        ("shutdown", "service", {"proto": 47, "orig_p": 0, "resp_p": 0}, FAILS, "none"),
        ("multicast", "service", {"cast": Cast.MULTICAST}, HOLDS, "a multicast group without another service"),
        (
            "multicast", "service", {"cast": Cast.MULTICAST, "other_group": True},
            FAILS, "a multicast group of another service",
        ),
        (
            "multicast", "service", {"cast": Cast.MULTICAST, "link_service": True},
            FAILS, "a protocol of one link, to a multicast group of the link",
        ),
        ("multicast", "service", {}, FAILS, "unicast"),
        # The direction.
        ("shutdown", "direction", {}, FAILS, "managed-machine to dpm-server, the opposite direction"),
        (
            "shutdown", "direction", {"orig_roles": Role.OTHER, "resp_roles": Role.OTHER},
            HOLDS, "other to other, neither this direction nor the opposite one",
        ),
        # Footnote *3.
        (
            "power-on", "addressing",
            {"cast": Cast.DIRECTED_BROADCAST, "broadcast_segment": FLOOR, "woken_segment": FLOOR},
            HOLDS, "directed-broadcast of segment floor, for a machine in segment floor",
        ),
        (
            "power-on", "addressing", {"cast": Cast.DIRECTED_BROADCAST, "broadcast_segment": LAN},
            FAILS, "directed-broadcast of segment lan, which is the DPM Server's own",
        ),
        (
            "power-on", "addressing", {"cast": Cast.LIMITED_BROADCAST, "woken_segment": FLOOR},
            FAILS, "limited-broadcast, for a machine in segment floor",
        ),
        (
            "power-on", "addressing", {"cast": Cast.DIRECTED_BROADCAST},
            UNKNOWN, "directed-broadcast of a segment that the profile does not name",
        ),
        (
            "power-on", "addressing", {"maybe_broadcast": True},
            UNKNOWN, "unicast, or the broadcast address of a segment that the profile does not name",
        ),
        # The application.
        ("image-builder", "application", {}, HOLDS, "nothing recognised"),
        ("image-builder", "application", {"application": "http"}, FAILS, "http"),
        ("boot-tftp-request", "application", {}, UNKNOWN, "nothing recognised"),
        ("boot-tftp-request", "application", {"application": "tftp"}, HOLDS, "tftp"),
    ],
)  # fmt: skip
def test_the_text_of_the_flow_is_what_was_compared(
    rule: str, field: str, flow: dict[str, Any], state: int, flow_text: str
) -> None:
    found, _, text = compared(RULES[rule], BY_NAME[field], flow)
    assert (found, text) == (state, flow_text)


CASTS_OF_SEGMENTS = {Cast.DIRECTED_BROADCAST: (-1, LAN, FLOOR)}
ROLES = st.sampled_from([Role.DPM_SERVER, Role.MANAGED_MACHINE, Role.DHCP_SERVER, Role.IMAGE_BUILDER, Role.OTHER])
PORTS = st.sampled_from([0, 8, 9, 67, 68, 69, 80, 4011, 56010, 56030, 40000])


@st.composite
def some_flow(draw: st.DrawFn) -> dict[str, Any]:
    """A flow of random facts that can be true of one flow."""
    cast = draw(st.sampled_from(Cast))
    unicast = cast is Cast.UNICAST
    group = cast is Cast.MULTICAST
    return {
        "proto": draw(st.sampled_from([net.TCP, net.UDP, net.ICMP, net.ICMP6, 47])),
        "orig_p": draw(PORTS),
        "resp_p": draw(PORTS),
        "orig_roles": draw(ROLES),
        "resp_roles": draw(ROLES) if unicast else Role.OTHER,
        "orig_relay": draw(st.booleans()),
        "resp_relay": unicast and draw(st.booleans()),
        "unlisted": not unicast and draw(st.booleans()),
        "cast": cast,
        "broadcast_segment": draw(st.sampled_from(CASTS_OF_SEGMENTS.get(cast, (-1,)))),
        "woken_segment": draw(st.sampled_from([-1, LAN, FLOOR])),
        "other_group": group and draw(st.booleans()),
        "link_service": group and draw(st.booleans()),
        "maybe_broadcast": unicast and draw(st.booleans()),
        "inside": unicast and draw(st.booleans()),
        "application": draw(st.sampled_from(["", "http", "tftp", "dhcp"])),
    }


@settings(max_examples=50, deadline=None)
@given(st.lists(some_flow(), min_size=2, max_size=30))
def test_the_text_of_the_flow_decides_the_state(flows: list[dict[str, Any]]) -> None:
    """If two flows have the same text for a field, the field holds for both or for neither: the text leaves out no fact
    that the comparison used."""
    facts = facts_with(*flows)
    for rule in TABLE.rules:
        for field in FIELDS:
            seen: dict[Any, int] = {}
            for flow, state in enumerate(field.states(rule, facts, SITE).tolist()):
                text = field.flow_text(rule, SITE, facts, flow)
                assert seen.setdefault(text, state) == state, f"{rule.id} {field.name}: {sentence(text)}"


@settings(max_examples=50, deadline=None)
@given(st.lists(some_flow(), min_size=1, max_size=20))
def test_a_field_that_a_row_does_not_state_holds(flows: list[dict[str, Any]]) -> None:
    facts = facts_with(*flows)
    for rule in TABLE.rules:
        for field in FIELDS:
            if field.row_text(rule, SITE) == ANY:
                assert (field.states(rule, facts, SITE) == HOLDS).all()


def test_a_row_states_its_own_values() -> None:
    stated = {
        rule: {field.name: sentence(field.row_text(RULES[rule], SITE)) for field in FIELDS}
        for rule in ("boot-dhcp-request", "power-on", "server-internal", "multicast", "existence-check")
    }
    assert stated["boot-dhcp-request"]["originator-role"] == "managed-machine, or a DHCP relay at port 67, 68 or 1067"
    assert stated["boot-dhcp-request"]["client-port"] == "port 68, or a DHCP relay at port 67, 68 or 1067"
    assert stated["boot-dhcp-request"]["service"] == "port 67"
    assert stated["power-on"]["responder-role"] == "everybody (for managed-machine)"
    assert "(footnote *3)" in stated["power-on"]["addressing"]
    assert stated["server-internal"]["on-the-wire"] == "inside one machine only, never from another machine"
    assert stated["power-on"]["on-the-wire"] == "any"
    assert stated["multicast"]["service"] == "a multicast group without another service"
    assert stated["existence-check"]["service"] == "type 8"


def test_every_field_has_its_words() -> None:
    assert len(BY_NAME) == len(FIELDS)
    for field in FIELDS:
        assert glossary.REASONS[field.reason]
        if field.reason is not Reason.NO_ROW:
            assert field.own_row in SENTENCES, f"{field.name}: the catalogue has no {field.own_row!r}"


def test_a_column_of_one_side_has_its_counterpart() -> None:
    names = {column.name for column in fields(Facts)}
    sided = [name for name in names if name[:5] in SIDES]
    assert sided
    assert {SIDES[name[:5]] + name[5:] for name in sided} <= names
    assert {name for name in FlowColumns._fields if name not in NO_FACTS} <= names


@given(st.lists(some_flow(), min_size=1, max_size=5))
def test_facts_reversed_twice_are_the_same(flows: list[dict[str, Any]]) -> None:
    facts = facts_with(*flows)
    back, once = facts.reversed_().reversed_(), facts.reversed_()
    values: Integers = once.orig_p
    assert (values == facts.resp_p).all()
    assert (once.resp_relay == facts.orig_relay).all()
    for column_ in fields(Facts):
        assert np.array_equal(getattr(back, column_.name), getattr(facts, column_.name))


def test_masks_of_several_roles_are_named() -> None:
    facts = facts_with({})
    facts.orig_roles[0] = role_mask([Role.DPM_SERVER, Role.DHCP_SERVER])
    text = BY_NAME["originator-role"].flow_text(RULES["shutdown"], SITE, facts, 0)
    assert sentence(text) == "dpm-server or dhcp-server"


def test_a_reason_without_a_sentence_of_its_own_is_described_by_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MAKERS, Reason.CLIENT_PORT)
    lab = ROOT / "sample_pcaps" / "lab"
    flows = pipeline.analyze([lab / "dirty_segA.pcap"], site=lab / "site.yaml").flows
    found = flows[flows["reason"] == Reason.CLIENT_PORT]
    assert len(found) == 1
    line = found.iloc[0]
    field = BY_NAME["client-port"]
    stated = sentence(field.row_text(RULES[line["rule"]], SITE))
    expected = (
        f"Row `{line['rule']}` does not cover it: client-port of the row: {stated}; of the flow: port {line['orig_p']}."
    )
    assert line["detail"].startswith(expected)
