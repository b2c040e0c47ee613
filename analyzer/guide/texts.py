"""Flows that a guide prints outside its table: sentences below it, and ports that a footnote names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.guide.drafting import Rows
from analyzer.guide.footnotes import FootnoteText, Paragraph
from analyzer.guide.printed import Spot
from analyzer.guide.where import read_at, slug
from analyzer.guide.words import Words, normal, squeezed
from analyzer.rules.answer_forms import ROLES
from analyzer.rules.draft import DraftRule, DraftSide, Question, ReadFrom
from analyzer.rules.model import Protocol
from analyzer.values import Cast, Role

_NAMED_PORT = re.compile(
    r"\b(TCP|UDP)\s*(?:port)?\s*[:：/]?\s*(\d{2,5})\b|\b(\d{2,5})\s*/\s*(TCP|UDP)\b", re.IGNORECASE
)
_WORDS = re.compile(r"[A-Za-z]+|マルチキャスト")


@dataclass(frozen=True)
class _Text:
    text: str
    spot: Spot
    mark: int | None = None


def add_texts(
    rows: Rows, notes: Iterable[FootnoteText], paragraphs: Sequence[Paragraph], words: Words
) -> list[ReadFrom]:
    """Add a row for each sentence that names a protocol and two ends, and for each port that a footnote names; every
    one has a question whether it is a row. Returns the paragraphs, as they are kept in the draft."""
    number = max((rule.row for rule in rows.rules), default=0)
    for text in [_Text(one.text, one.spot) for one in paragraphs]:
        rule = _sentence(text, words, number + 1, {one.id for one in rows.rules})
        if rule is not None:
            number += 1
            _add(rows, rule, "Does this sentence describe a flow that the table does not have?")
    for note in notes:
        for protocol, port in _ports_in(note.text):
            number += 1
            rule = _named(_Text(note.text, note.spot, note.number), protocol, port, number)
            _add(rows, rule, f"Footnote *{note.number} names a port. Does it describe a flow between two machines?")
            if rule.responder.port is None:
                ask = f"Which port does the footnote name? There is no port {port}. Write a number, or any."
                rows.questions.append(_question(rows, rule.id, "connected.port", ask, ()))
    return [read_at(one.text, one.spot, "certain", "text outside the table") for one in paragraphs]


def _add(rows: Rows, rule: DraftRule, ask: str) -> None:
    rows.rules.append(rule)
    rows.questions.append(_question(rows, rule.id, "keep", ask, ("yes", "no")))
    if rule.item is None:
        rows.questions.append(_question(rows, rule.id, "item", "What is the item of this row?", ()))
    if rule.protocol is None:
        rows.questions.append(
            _question(rows, rule.id, "protocol", "Which transport protocol does the flow use?", ("tcp", "udp", "icmp"))
        )
    for side, end in (("originator", rule.originator), ("responder", rule.responder)):
        if not end.roles:
            ask_role = f"Which DPM role does the {side}" + (f" {end.name!r}" if end.name else "") + " have?"
            rows.questions.append(_question(rows, rule.id, f"{side}.roles", ask_role, ROLES))


def _question(rows: Rows, rule: str, field: str, ask: str, choices: tuple[str, ...]) -> Question:
    read = next(one.read["text"].text for one in rows.rules if one.id == rule)
    return Question(
        id=f"q{len(rows.questions) + 1}", rows=(rule,), field=field, ask=ask, read=read[:300], choices=choices
    )


def _sentence(text: _Text, words: Words, number: int, ids: set[str]) -> DraftRule | None:
    shown = " ".join(normal(text.text).split())
    known = [word.casefold() for word in _WORDS.findall(shown) if word.casefold() in words.protocols]
    match = next((found for pattern in words.sentences if (found := pattern.search(shown))), None)
    if not known or match is None:
        return None
    source, destination = _end(match["source"], words), _end(match["destination"], words)
    transports = {one for word in known for one in words.protocols[word].transport}
    protocol: Protocol | None = transports.pop() if len(transports) == 1 else None
    multicast = any(word in shown.casefold() for word in words.multicast)
    return DraftRule(
        id=_free(f"text-{slug(known[0]) or number}", ids),
        row=number,
        item=None,
        page=text.spot.page,
        protocol=protocol,
        printed="none",
        originator=source,
        responder=destination,
        casts=(Cast.MULTICAST,) if multicast else (Cast.UNICAST,),
        reply=not multicast,
        icmp_type=8 if {"ping", "echo"} & set(shown.casefold().replace("(", " ").replace(")", " ").split()) else None,
        read={"text": read_at(text.text, text.spot, "open", "a sentence outside the table")},
    )


def _end(name: str, words: Words) -> DraftSide:
    shown = re.sub(r"^(?:the|a|an)\s+", "", name.strip(), flags=re.IGNORECASE)
    role = words.roles.get(squeezed(shown)) or _role_at_end(shown, words)
    return DraftSide(name=shown, roles=(role,) if role else ())


def _role_at_end(name: str, words: Words) -> Role | None:
    """The role whose name ends ``name`` (``..., DPM Server``), the longest first."""
    text = squeezed(name)
    known = sorted(words.roles, key=len, reverse=True)
    return next((words.roles[one] for one in known if text.endswith(one)), None)


def _free(base: str, ids: set[str]) -> str:
    number, found = 2, base
    while found in ids:
        found, number = f"{base}-{number}", number + 1
    return found


def _ports_in(text: str) -> list[tuple[Protocol, int]]:
    """The ports that a footnote names with their protocols, each once."""
    found: dict[tuple[Protocol, int], None] = {}
    for match in _NAMED_PORT.finditer(text):
        protocol: Protocol = "tcp" if (match[1] or match[4]).casefold() == "tcp" else "udp"
        found[protocol, int(match[2] or match[3])] = None
    return list(found)


def _named(text: _Text, protocol: Protocol, port: int, number: int) -> DraftRule:
    return DraftRule(
        id=f"footnote-{text.mark}-{protocol}-{port}"[:60],
        row=number,
        item=None,
        page=text.spot.page,
        footnotes=(text.mark,) if text.mark else (),
        protocol=protocol,
        printed="none",
        responder=DraftSide(port=port if port <= 65535 else None),
        read={"text": read_at(text.text, text.spot, "open", "a footnote")},
    )
