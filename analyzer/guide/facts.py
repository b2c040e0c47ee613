"""The text of a cell as facts: ports, protocols, a direction."""

import re
from dataclasses import dataclass

from analyzer.guide.joining import Sure
from analyzer.guide.marks import split_marks
from analyzer.guide.words import TRANSPORTS, Words, normal, sign, squeezed
from analyzer.rules.answer_forms import MAX_PORTS
from analyzer.rules.word_file import Transport


@dataclass(frozen=True)
class PortFact:
    """``ports``: each becomes a row; None is any. ``protocols``: those printed with the ports."""

    ports: tuple[int | None, ...]
    sure: Sure
    marks: tuple[int, ...] = ()
    protocols: tuple[Transport, ...] = ()


@dataclass(frozen=True)
class ProtocolFact:
    """``application``: the word of the rules."""

    protocols: tuple[Transport, ...]
    application: str | None
    sure: Sure
    marks: tuple[int, ...] = ()


@dataclass(frozen=True)
class DirectionFact:
    """``to``: left, right, both, in, out, or empty where it is not known. ``ends``: names beside the sign, if any."""

    to: str
    sure: Sure
    marks: tuple[int, ...] = ()
    ends: tuple[str, str] | None = None


_TRANSPORT = re.compile(r"(?<![A-Za-z])(tcp|udp|icmp)(?![A-Za-z])", re.IGNORECASE)
_NOTE = re.compile(r"\((?:[^()\d]|\d(?!\d)(?=[^()]*[A-Za-z]))*\)")
"""Text in brackets without a number that could be a port."""
_RANGE = r"\d{1,5}(?:\s*(?:-|~|～|〜|–|—|―|to|から|through|\.\.)\s*\d{1,5})?"
_PORTS = re.compile(
    rf"{_RANGE}(?:\s*(?:,|、|/|;|&|\||・|\n|and|or|および|及び|または|又は|,\s*and|,\s*or|\s)\s*{_RANGE})*",
    re.IGNORECASE,
)
_FOREIGN = re.compile(r"default|port|ports|番号|ポート|既定|固定|fixed|only|no\.|number|値|:|=", re.IGNORECASE)


def port_fact(text: str, words: Words) -> PortFact:
    """The fact in a cell of ports."""
    bare, marks = split_marks(text)
    bare = normal(bare)
    if not squeezed(bare) and "*" not in bare:
        return PortFact((None,) if marks else (), "likely" if marks else "open", marks)
    if sign(bare) in words.nothing:
        return PortFact((None,), "likely", marks)
    protocols = tuple(dict.fromkeys(found.casefold() for found in _TRANSPORT.findall(bare)))
    rest = _FOREIGN.sub(" ", _NOTE.sub(" ", _TRANSPORT.sub(" ", bare))).strip(" /,()[]\n")
    if squeezed(rest) in words.automatic or squeezed(bare) in words.automatic or rest == "*":
        return PortFact((None,), "certain", marks, protocols)
    if not _PORTS.fullmatch(rest):
        begun = any(squeezed(rest).startswith(word) for word in words.automatic if len(word) > 2)
        return PortFact((None,) if begun else (), "open", marks, protocols)
    ports, sure = _numbers(rest)
    if sure == "certain" and rest != bare.strip() and squeezed(rest) != squeezed(_TRANSPORT.sub("", bare)).strip("/()"):
        sure = "likely"
    return PortFact(ports, sure, marks, protocols)


def _numbers(text: str) -> tuple[tuple[int | None, ...], Sure]:
    found: list[int] = []
    if re.search(r"\d,0\d\d\b", text):
        return (), "open"  # a separator of thousands
    for part in re.finditer(_RANGE, text, re.IGNORECASE):
        first, *last = (int(number) for number in re.findall(r"\d+", part[0]))
        end = last[0] if last else first
        if end < first or end > 65535 or end - first >= MAX_PORTS:
            return (), "open"
        found += range(first, end + 1)
    if len(found) > MAX_PORTS:
        return (), "open"
    # Numbers with nothing but a space between them may be one number that was broken.
    loose = re.search(r"\d[ \t]+\d", text) is not None
    return tuple(dict.fromkeys(found)), "likely" if loose else "certain"


_IGNORED = ("ipv4", "ipv6", "ip", "unicast", "broadcast", "ユニキャスト", "ブロードキャスト", "protocol", "プロトコル",
            "directed", "and", "or", "または", "及び", "および", "over", "using", "port", "通信")  # fmt: skip
_BETWEEN = re.compile(r"[/,()\[\]+&、・|~\-–→>*]+")


def protocol_fact(text: str, words: Words) -> ProtocolFact:
    """The fact in a cell of protocols. A word that is not known leaves the fact open."""
    bare, marks = split_marks(text)
    if sign(bare) in words.nothing or not squeezed(bare):
        return ProtocolFact((), None, "open", marks)
    found, rest = _lexed(squeezed(bare), words)
    printed = tuple(dict.fromkeys(TRANSPORTS[word] for word in found if word in TRANSPORTS))
    others = [words.protocols[word] for word in found if word not in TRANSPORTS]
    applications = {other.application for other in others if other.application}
    application = applications.pop() if len(applications) == 1 and len(printed) <= 1 else None
    if printed:
        return ProtocolFact(printed, application, "open" if rest else "certain", marks)
    carried = tuple(dict.fromkeys(one for other in others for one in other.transport))
    known = bool(carried) and all(other.transport for other in others) and not rest
    return ProtocolFact(carried, application, "likely" if known else "open", marks)


def _lexed(text: str, words: Words) -> tuple[list[str], str]:
    """The protocol words in a squeezed text, in their order, and what is left of it."""
    known = sorted((*words.protocols, *_IGNORED), key=len, reverse=True)
    found: list[str] = []
    rest = ""
    while text:
        if between := _BETWEEN.match(text):
            text = text[between.end() :]
            continue
        word = next((one for one in known if text.startswith(one)), None)
        if word in words.protocols:
            found.append(str(word))
        elif word is None:
            rest += text[0]
        text = text[len(word or text[0]) :]
    return found, rest


def direction_fact(text: str, words: Words) -> DirectionFact:
    """The fact in a cell of directions: a sign, a word, or two names with a sign or a sentence between them."""
    bare, marks = split_marks(text)
    plain = sign(bare)
    if to := words.directions.get(plain) or words.directions.get(plain.strip("()[]")):
        return DirectionFact(to, "certain", marks)
    for arrow in sorted((one for one in words.directions if not one[0].isalpha()), key=len, reverse=True):
        left, found, right = normal(bare).partition(arrow)
        if found and (left.strip() or right.strip()):
            return DirectionFact(words.directions[arrow], "likely", marks, (left.strip(), right.strip()))
    for sentence in (*words.sentences, re.compile(r"(?P<source>.+?)\s+to\s+(?P<destination>.+)", re.IGNORECASE)):
        if match := sentence.search(normal(bare)):
            return DirectionFact("right", "likely", marks, (match["source"].strip(), match["destination"].strip()))
    return DirectionFact("", "open", marks)
