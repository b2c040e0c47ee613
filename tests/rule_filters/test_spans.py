"""Spans of addresses against sets of addresses."""

from ipaddress import IPv4Address, IPv6Address, ip_network
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.rule_filters.hosts import groups
from analyzer.rule_filters.spans import Address, Span, merged, networks, of_version, ranges, single, without

SMALL = 64
addresses = st.one_of(
    st.integers(0, SMALL).map(IPv4Address),
    st.integers(0, SMALL).map(IPv6Address),
)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    low = draw(addresses)
    return low, type(low)(draw(st.integers(int(low), SMALL)))


def members(found: tuple[Span, ...]) -> set[Address]:
    return {type(low)(number) for low, high in found for number in range(int(low), int(high) + 1)}


@settings(deadline=None)
@given(st.lists(spans()))
def test_merged_spans_hold_the_same_addresses_and_do_not_touch(given_spans: list[Span]) -> None:
    found = merged(given_spans)
    assert members(found) == members(tuple(given_spans))
    for version in (4, 6):
        family = of_version(found, version)
        assert all(int(one[1]) + 1 < int(two[0]) for one, two in pairwise(family))


@settings(deadline=None)
@given(st.lists(spans()), st.sets(addresses))
def test_holes_are_left_out(given_spans: list[Span], holes: set[Address]) -> None:
    assert members(without(given_spans, holes)) == members(tuple(given_spans)) - holes


@settings(deadline=None)
@given(st.lists(spans()))
def test_networks_hold_the_same_addresses(given_spans: list[Span]) -> None:
    found = merged(given_spans)
    assert {address for text in networks(found) for address in ip_network(text)} == members(found)


def test_the_last_addresses_there_are() -> None:
    last = IPv4Address("255.255.255.255")
    assert merged([(last, last), *single("255.255.255.254")]) == ((IPv4Address("255.255.255.254"), last),)
    assert without([(last - 1, last)], {last}) == single("255.255.255.254")


def test_ranges_are_written_with_the_targets_word() -> None:
    assert ranges((*single("10.0.0.1"), (IPv4Address("10.0.0.3"), IPv4Address("10.0.0.4"))), "-") == [
        "10.0.0.1", "10.0.0.3-10.0.0.4",
    ]  # fmt: skip


def test_groups_are_those_beyond_the_link() -> None:
    (four,) = groups(4)
    assert tuple(map(str, four)) == ("224.0.1.0", "239.255.255.255")
    six = groups(6)
    for text, inside in (("ff02::1", False), ("ff03::", True), ("ff15::77", True), ("ff12::1", False),
                         ("ff0f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", True), ("fe80::1", False)):  # fmt: skip
        assert any(int(low) <= int(IPv6Address(text)) <= int(high) for low, high in six) == inside, text
