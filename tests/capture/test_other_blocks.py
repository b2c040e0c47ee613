"""Blocks of pcapng without a packet: a few compressed octets can be millions of them.

The kernel passes over all but sections and interfaces. The number of these, and of their options, is limited.
"""

from pathlib import Path
from typing import Any

import pytest

from analyzer.capture.containers import pcapng
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.options import ReadOptions
from analyzer.kernel import loading
from analyzer.messages.english import sentence
from tests import capfile as cap
from tests.capfile import START, Endian, Ends, block, datagram, interface, option, packet, section

ONE, TWO = (packet(datagram(Ends(orig_p=port, resp_p=53), at=START)) for port in (2001, 2002))
NAMES, UNKNOWN = 4, 0x1234
SCAN = "analyzer.capture.kernel.scan"


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def interpreted(request: pytest.FixtureRequest) -> bool:
    """The kernels as they stand and compiled."""
    return bool(request.param)


def facts_of(folder: Path, content: bytes, *, interpreted: bool | None = True, resync: bool = False) -> CaptureFacts:
    read = cap.read(folder, content, interpreted=interpreted, options=ReadOptions(resync=resync))
    return read.captures[0]


@pytest.mark.parametrize("size", [0, 20])
def test_no_block_that_is_passed_over_is_read_in_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreted: bool, size: int
) -> None:
    """It sees the section, the interface, and the blocks at which the window of a megabyte ends."""
    seen: list[int] = []
    original = pcapng.Sections.block

    def counted(self: pcapng.Sections, status: int) -> bool:
        seen.append(status)
        return original(self, status)

    monkeypatch.setattr(pcapng.Sections, "block", counted)
    others = (block(UNKNOWN, bytes(size)) + block(5, bytes(size)) + block(NAMES, bytes(size))) * 20_000
    facts = facts_of(tmp_path, section() + interface() + ONE + others + TWO, interpreted=interpreted)
    assert facts.blocks == {
        "enhanced packet": 2, "section": 1, "interface": 1, "interface statistics": 20_000,
        "name resolution": 20_000, f"block of type 0x{UNKNOWN:08x}": 20_000,
    }  # fmt: skip
    survey = 2  # the time of the first packet is read first
    assert len(seen) <= 2 + len(others) // (1 << 20) + 1 + survey


def test_packets_between_other_blocks_are_found_in_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreted: bool
) -> None:
    sizes: list[int] = []
    original = pcapng.Sections.scan

    def counted(self: pcapng.Sections) -> Any:
        found = original(self)
        sizes.append(int(found[0]))
        return found

    monkeypatch.setattr(pcapng.Sections, "scan", counted)
    facts = facts_of(tmp_path, section() + interface() + (block(NAMES, b"") + ONE) * 1000, interpreted=interpreted)
    assert facts.frames == 1000
    assert 1000 in sizes


@pytest.mark.parametrize("endian", ["<", ">"])
def test_kinds_of_blocks_are_counted_up_to_a_limit(tmp_path: Path, endian: Endian, interpreted: bool) -> None:
    """Fifty kinds by name, in the order in which they occur first; sections and interfaces are two of them."""
    kinds = [0x1000 + number for number in range(60)]
    head = section(endian) + interface(endian=endian)
    one_each = b"".join(block(kind, b"", endian) for kind in kinds)
    facts = facts_of(tmp_path, (head + one_each) * 3, interpreted=interpreted)
    named = {f"block of type 0x{kind:08x}": 3 for kind in kinds[:48]}
    assert facts.blocks == {"section": 3, "interface": 3, "blocks of other types": 3 * 12, **named}


@pytest.mark.xdist_group("compiled")
def test_many_blocks_before_the_first_packet_are_not_interpreted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file that unpacks to much: its size says nothing about how long the interpreted kernel would take."""
    used: list[str] = []
    original = loading.compiled

    def noted(name: str, *, plain: bool = False) -> loading.Compiled:
        used.append(name)
        return original(name, plain=plain)

    monkeypatch.setattr(loading, "compiled", noted)
    monkeypatch.setattr(pcapng, "INTERPRETED_BLOCKS", 100)
    few, many = block(UNKNOWN, b"") * 90, block(UNKNOWN, bytes(1000)) * 200
    assert facts_of(tmp_path, section() + interface() + few + ONE, interpreted=None).frames == 1
    assert used == []
    assert facts_of(tmp_path, section() + interface() + many + ONE, interpreted=None).frames == 1
    assert set(used) == {SCAN}


@pytest.mark.parametrize("resync", [False, True])
@pytest.mark.parametrize(
    ("repeated", "limit"), [(section() + interface(), "10 sections and interfaces"), (section(), "10 sections")]
)
def test_sections_and_interfaces_of_a_capture_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeated: bytes, limit: str, resync: bool
) -> None:
    monkeypatch.setattr(pcapng, "MOST_HEADERS", 10)
    begin = section() + interface() + ONE
    whole = facts_of(tmp_path, begin + interface() * 6 + section() + interface() + TWO)
    assert (whole.frames, whole.damage) == (2, ())
    facts = facts_of(tmp_path, begin + repeated * 20 + interface() + TWO, resync=resync)
    assert (facts.frames, sum(facts.blocks[name] for name in ("section", "interface"))) == (1, 10)
    (damage,) = facts.damage
    assert f"more than {limit}" in sentence(damage)
    assert "nothing after it was read" in sentence(damage)


@pytest.mark.parametrize("resync", [False, True])
def test_refused_interfaces_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resync: bool) -> None:
    """Each is damage, after which --resync goes on with the next one."""
    monkeypatch.setattr(pcapng, "MOST_INTERFACES", 2)
    monkeypatch.setattr(pcapng, "MOST_HEADERS", 10)
    facts = facts_of(tmp_path, section() + interface() * 1000 + ONE, resync=resync)
    assert len(facts.damage) == (8 if resync else 1)
    assert ("more than 10 sections" in sentence(facts.damage[-1])) is resync


@pytest.mark.parametrize("resync", [False, True])
@pytest.mark.parametrize("kind", [1, 0x0A0D0D0A], ids=["interfaces", "sections"])
def test_options_of_a_capture_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int, resync: bool
) -> None:
    monkeypatch.setattr(pcapng, "MOST_OPTIONS_OF_ALL", 100)
    plain = (section() if kind != 1 else interface())[8:-4]
    repeated = block(kind, plain + option(99, b"") * 10)
    begin = section() + interface() + ONE
    assert facts_of(tmp_path, begin + repeated + interface() + ONE).damage == ()
    facts = facts_of(tmp_path, begin + repeated * 20 + interface() + TWO, resync=resync)
    assert facts.frames == 1
    (damage,) = facts.damage
    assert "more than 100 options of sections and interfaces" in sentence(damage)
