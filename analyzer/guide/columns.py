"""Headings as kinds of columns, and the side of each: server, target, source or destination."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analyzer.guide.marks import split_marks
from analyzer.guide.words import TRANSPORTS, Words, squeezed
from analyzer.rules.word_file import Transport

DECIDING = ("port", "protocol", "direction")


@dataclass(frozen=True)
class Column:
    """``kind``: one of the headings in words.yaml, or empty. ``side``: server, target, source, destination, connected
    (the responder) or empty. ``protocol``: the transport that the heading itself names. ``group``: the
    heading above several columns. ``asked``: a question has to settle its side."""

    kind: str
    side: str = ""
    heading: str = ""
    marks: tuple[int, ...] = ()
    protocol: Transport | None = None
    group: str = ""
    asked: bool = False


_STEMS = (
    ("port", re.compile(r"(?<!sup)(?<!re)(?<!im)(?<!ex)(?<!trans)ports?(?![a-z]{3})|ポート")),
    ("protocol", re.compile(r"protocol|プロトコル")),
    ("direction", re.compile(r"direction|方向")),
    ("executable", re.compile(r"execut|実行|プログラム|プロセス|モジュール|program(?!me)|binary")),
    ("target", re.compile(r"target|counterpart|peer|対象|相手")),
    ("item", re.compile(r"function|purpose|機能|用途|目的|項目")),
    ("note", re.compile(r"remark|comment|備考|説明")),
)
_OF_TRANSPORT = re.compile(r"(tcp|udp)(?:ports?|ポート番?号?)?(?:no|number)?")
_SERVER = re.compile(r"server|manager|サーバ|マネージャ")
_TARGET = re.compile(r"agent|client|machine|node|device|target|対象|クライアント|マシン|端末|エージェント|ノード|装置")


def column_of(parts: Sequence[str], words: Words) -> Column:
    """The column under headings ``parts``, from the top: the last gives its kind, those above may give its side."""
    own, marks = split_marks(parts[-1])
    group, more = split_marks(" ".join(parts[:-1]))
    heading = " ".join(" ".join(parts).split())
    numbers = tuple(dict.fromkeys((*more, *marks)))
    for text in (own, f"{group} {own}"):
        kind, side, protocol = _kind(squeezed(text), words)
        if kind:
            side = side or _side_of(squeezed(group), words)
            return Column(kind, side, heading, numbers, protocol, group if group and side else "")
    return Column("", _side_of(squeezed(heading), words), heading, numbers)


def exact_column(text: str, words: Words) -> Column | None:
    """The column of a heading that is exactly a known word; None if it is none."""
    own, marks = split_marks(text)
    kind, side, protocol = _kind(squeezed(own), words, stems=False)
    return Column(kind, side, text, marks, protocol) if kind else None


def _kind(text: str, words: Words, *, stems: bool = True) -> tuple[str, str, Transport | None]:
    if text in words.headings:
        return words.headings[text], "", None
    if found := _OF_TRANSPORT.fullmatch(text):
        return "port", "", TRANSPORTS[found[1]]
    for side in sorted(words.sides, key=len, reverse=True):
        rest = re.sub(r"^[()のof側/-]+|[()のof側/-]+$", "", text.replace(side, "", 1)).replace("()", "")
        if side in text and words.headings.get(rest) in ("port", "executable", "os"):
            return words.headings[rest], words.sides[side], None
    kind = next((kind for kind, stem in _STEMS if stem.search(text)), "") if stems else ""
    return kind, _side_of(text, words) if kind in ("port", "executable") else "", None


def _side_of(text: str, words: Words) -> str:
    if not text:
        return ""
    if text in words.sides:
        return words.sides[text]
    named = next(
        (words.sides[one] for one in sorted(words.sides, key=len, reverse=True) if one in text and len(one) > 1), ""
    )
    if named:
        return named
    return "target" if _TARGET.search(text) else "server" if _SERVER.search(text) else ""


def is_heading(columns: Sequence[Column]) -> bool:
    """Whether these columns make a table of ports: ports, and a protocol or a direction, and something else."""
    kinds = [column.kind for column in columns if column.kind]
    headed = sum(bool(column.heading) for column in columns)
    if "port" not in kinds or len(kinds) * 2 < headed:
        return False
    if "protocol" in kinds or "direction" in kinds:
        return len(kinds) >= 3
    return len(kinds) >= 2 and any(column.protocol for column in columns if column.kind == "port")


def with_sides(columns: Sequence[Column]) -> tuple[Column, ...]:
    """``columns`` with a side for each that gives none itself, by its place among the others."""
    found = list(columns)
    if any(one.kind == "source" for one in found) or any(one.kind == "destination" for one in found):
        return _of_pairs(found)
    found = _first_item(found)
    for kind in ("port", "executable"):
        _place(found, kind)
    return tuple(found)


def _first_item(columns: list[Column]) -> list[Column]:
    """One column of items: the first; where there is none, the first note takes its place."""
    items = [index for index, one in enumerate(columns) if one.kind == "item"]
    for index in items[1:]:
        columns[index] = replace(columns[index], kind="note")
    notes = [index for index, one in enumerate(columns) if one.kind == "note"]
    if not items and notes:
        columns[notes[0]] = replace(columns[notes[0]], kind="item")
    return columns


def _of_pairs(columns: list[Column]) -> tuple[Column, ...]:
    """A table of sources and destinations: a port or a program is of the name before it, else of the destination."""
    columns = _first_item(columns)
    if any(one.kind == "source" for one in columns):
        columns = [replace(one, kind="destination") if one.kind == "target" else one for one in columns]
    names = [(index, one.kind) for index, one in enumerate(columns) if one.kind in ("source", "destination")]
    for index, one in enumerate(columns):
        if one.kind not in ("port", "executable"):
            continue
        side = {"server": "", "target": ""}.get(one.side, one.side)
        single = sum(other.kind == one.kind for other in columns) == 1
        before = [kind for place, kind in names if place < index]
        columns[index] = replace(one, side=side or ("destination" if single or not before else before[-1]),
                                 asked=not side and single and one.kind == "executable")  # fmt: skip
    return tuple(columns)


def _place(columns: list[Column], kind: str) -> None:
    unnamed = [index for index, one in enumerate(columns) if one.kind == kind and not one.side and not one.protocol]
    named = {one.side for one in columns if one.kind == kind and one.side}
    for index, one in enumerate(columns):
        if one.kind == kind and one.protocol and not one.side:
            columns[index] = replace(one, side="connected")
    if len(unnamed) == 1 and named == {"server"}:
        columns[unnamed[0]] = replace(columns[unnamed[0]], side="target")
    elif len(unnamed) == 1 and named == {"target"}:
        columns[unnamed[0]] = replace(columns[unnamed[0]], side="server")
    elif len(unnamed) == 1 and kind == "port":
        columns[unnamed[0]] = replace(columns[unnamed[0]], side="connected", asked=True)
    else:
        _by_place(columns, unnamed)


def _by_place(columns: list[Column], unnamed: Sequence[int]) -> None:
    target, direction = _index(columns, "target"), _index(columns, "direction")
    server = _index(columns, "server")
    middle = direction
    right = "target" if target is None or direction is None or target > direction else "server"
    if (
        server is not None
        and target is not None
        and (middle is None or not min(server, target) < middle < max(server, target))
    ):
        middle, right = max(server, target), "target" if target > server else "server"
    elif middle is None or not any(index > middle for index in unnamed) or not any(index < middle for index in unnamed):
        middle, right = (target, "target") if target is not None else (None, "target")
    left = "server" if right == "target" else "target"
    sides = [(left if middle is None or index < middle else right) for index in unnamed]
    doubtful = len(unnamed) == 1 or len(set(sides)) < len(sides) or middle is None
    if middle is None or (len(unnamed) == 2 and len(set(sides)) == 1):
        sides = [left, right][: len(unnamed)] + [right] * (len(unnamed) - 2)
        doubtful = True
    for index, side in zip(unnamed, sides, strict=True):
        columns[index] = replace(columns[index], side=side, asked=doubtful)


def _index(columns: Sequence[Column], kind: str) -> int | None:
    return next((index for index, one in enumerate(columns) if one.kind == kind), None)
