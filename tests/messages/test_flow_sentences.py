"""The words of the flows' messages: the catalogue has words for each message, and they are plain."""

import re
import tokenize
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from analyzer.messages import FlowColumn, Message, Value, english, message
from analyzer.messages.english import blind_spots, block_causes, payload, reasons, vantages, verdicts, words
from analyzer.values import Role
from tests.program import ROOT

PRODUCERS = sorted((ROOT / "analyzer" / "compliance").glob("*/*.py"))
CODE = re.compile(r"""(?:MessageColumn\(|message\(|number\(|_between_roles\()\s*"([a-z0-9-]+)\"""")
PRIVATE = re.compile(r"\b(told|tells?|telling|speaks? of|whoever|mend|hears?|heard|stands?)\b", re.IGNORECASE)
PARTS = (blind_spots, block_causes, payload, reasons, vantages, verdicts)
CATALOGUE = sorted((ROOT / "analyzer" / "messages" / "english").glob("*.py"))


def codes_in_producers() -> Iterator[tuple[Path, str]]:
    for path in PRODUCERS:
        for code in CODE.findall(path.read_text(encoding="utf-8")):
            yield path, code


def test_every_code_of_a_producer_has_a_sentence() -> None:
    found = list(codes_in_producers())
    assert len(found) > 40
    assert [(path.name, code) for path, code in found if code not in english.SENTENCES] == []


@pytest.mark.parametrize("source", CATALOGUE, ids=lambda path: path.name)
def test_sentences_use_plain_words(source: Path) -> None:
    assert PRIVATE.findall(source.read_text(encoding="utf-8")) == []


def test_numbers_have_the_form_of_the_tiles() -> None:
    found = {"flows": 12_345, "unexpected": 10_000, "blocked": 0, "missing": 0, "stalled": 1}
    assert english.sentence(message("headline", **found)) == "10,000 flows should not exist and 1 boot did not finish."


def joined_words(source: Path) -> list[str]:
    """The places where a literal ends with a word and the next literal, which is joined to it, begins with one."""
    with source.open("rb") as file:
        tokens = [
            token for token in tokenize.tokenize(file.readline) if token.type not in (tokenize.NL, tokenize.COMMENT)
        ]
    return [
        f"{first.string[-20:]} {second.string[:20]}"
        for first, second in pairwise(tokens)
        if first.type == second.type == tokenize.STRING
        and re.search(r"[\w.,;:)]\W$", first.string)
        and re.match(r"[rf]?\W\w", second.string)
    ]


@pytest.mark.parametrize("source", CATALOGUE, ids=lambda path: path.name)
def test_no_two_words_of_a_sentence_are_joined(source: Path) -> None:
    assert joined_words(source) == []


def test_joined_words_are_found(tmp_path: Path) -> None:
    source = tmp_path / "sentences.py"
    source.write_text('A = (\n    "on every firewall"\n    "between"\n)\nB = "one " "other"\n', encoding="utf-8")
    assert joined_words(source) == ['"on every firewall" "between"']


def test_every_sentence_of_a_flow_has_a_producer() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in PRODUCERS)
    assert [code for part in PARTS for code in part.SENTENCES if f'"{code}"' not in source] == []


def test_every_role_has_a_name() -> None:
    assert set(words.ROLES) == {role.value for role in Role}


ROW = {"orig_h": "192.168.0.21", "resp_h": "192.168.0.50", "service": "tcp/56010", "orig_p": 46072}


def between(code: str, **changes: Value) -> Message:
    values: dict[str, Value] = {
        "rule": "shutdown",
        "service": FlowColumn("service"),
        "from": ("dpm-server",),
        "to": ("managed-machine",),
        "orig_h": FlowColumn("orig_h"),
        "orig": ("managed-machine",),
        "resp_h": FlowColumn("resp_h"),
        "resp": ("image-builder", "command-line"),
        "cast": "unicast",
        "event": "connected",
    }
    return message(code, **values | changes)


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (
            between("reason-role"),
            "The table allows tcp/56010 (row `shutdown`) only from the DPM Server to a managed machine. Here managed "
            "machine 192.168.0.21 connected to 192.168.0.50 (Image Builder, command line).",
        ),
        (
            between("reason-role", orig=("other",), cast="limited-broadcast", resp_h="255.255.255.255", event="sent"),
            "The table allows tcp/56010 (row `shutdown`) only from the DPM Server to a managed machine. Here "
            "192.168.0.21 (another host) sent packets to 255.255.255.255 (limited broadcast).",
        ),
        (
            between("reason-direction", service="tcp/80 (http)", rule="command-line"),
            "The table allows tcp/80 (http, row `command-line`) only from the DPM Server to a managed machine. Here "
            "managed machine 192.168.0.21 connected to 192.168.0.50 (Image Builder, command line), which is the "
            "opposite direction.",
        ),
        (message("reason-no-row", service="tcp/3389 (rdp)"), "No row of the table covers tcp/3389 (rdp)."),
        (
            message(
                "captured-in",
                seen=(message("vantage-segment", capture="dirty_segA.pcap", segment="server-lan"),),
                missed=(message("vantage", capture="dirty_server.pcap"),),
            ),
            "Captured in dirty_segA.pcap (segment server-lan); not in dirty_server.pcap.",
        ),
        (
            message("no-answer", count=1, unit="SYN"),
            "1 SYN got no answer. The host is off or does not listen, a device on the path drops the packets, or the "
            "answer took another path.",
        ),
        (
            message("syn-not-acknowledged", count=1),
            "1 answer came to the SYN, but it does not acknowledge it. It belongs to another connection on the same "
            "ports. No handshake took place.",
        ),
        (
            message("syn-not-acknowledged", count=2),
            "2 answers came to the SYN, but they do not acknowledge it. They belong to another connection on the same "
            "ports. No handshake took place.",
        ),
        (
            message("answered-by-others", count=2, unit="packet", seconds="0.0", others=("10.0.0.1", "10.0.0.2")),
            "2 packets within 0.0 s got no answer from the servers of the table. 10.0.0.1 and 10.0.0.2 answered, but "
            "are not among them.",
        ),
        (
            message("reason-client-port", service=FlowColumn("service"), rule="x", port=68, used=FlowColumn("orig_p")),
            "The table allows tcp/56010 (row `x`) only from port 68. Here it came from port 46072.",
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Message) else "",
)
def test_sentences(one: Message, text: str) -> None:
    assert english.sentence(one, ROW) == text
