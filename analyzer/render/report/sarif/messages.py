"""Messages of SARIF results: identifiers, message strings and arguments, from the messages of the document.

A result of flows has the text of its finding, and beside it an ``id`` with ``arguments``. The rule of the result has
the message string of that id (3.11.7 of the standard): the finding in ``{0}``, then a sentence for each message of the
finding's first flow. So a program finds results of one kind, or words them in another way, without reading English.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from string import Formatter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analyzer.columns import Integers
from analyzer.messages import Message, columns_in, english
from analyzer.render.shared.escape import visible
from analyzer.report import Report

_MARKUP = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]"})


class Template(NamedTuple):
    """The message string of a group of messages. ``text``: with placeholders from ``{1}`` on; ``columns``: the columns
    of the flow table that its arguments contain."""

    id: str
    text: str
    columns: tuple[str, ...]


class ResultMessages:
    """The messages of the findings of one report. A missing row, and a report without messages, has none."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._groups = report.messages.flows.groups if report.messages else ()
        self._codes = report.messages.flows.codes if report.messages else np.zeros(len(report.flows), dtype=np.int64)
        self._place = pd.Index(report.flows["flow"])
        self._template = cache(lambda group: template_of(self._groups[group]))

    def message_strings(self, rules: Iterable[str], flows: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Rule -> id -> message string, of the results with these rules and first flows."""
        found: dict[str, dict[str, Any]] = {}
        for rule, group in sorted(set(zip(rules, self._groups_of(flows)[1].tolist(), strict=True))):
            if group >= 0:
                one = self._template(group)
                found.setdefault(rule, {})[one.id] = {"text": f"{{0}}: {one.text}"}
        return found

    def members(self, heads: Iterable[str], flows: Iterable[str]) -> Iterator[str]:
        """The members ``id`` and ``arguments`` of each message, as JSON; nothing where there are no messages.

        ``heads``: the finding in words, already as it is written within a message; ``flows``: the first flow of each.
        """
        places, groups = self._groups_of(flows)
        used = sorted(
            {name for group in np.unique(groups[groups >= 0]).tolist() for name in self._template(group).columns}
        )
        columns = {name: self._report.flows[name].to_numpy()[places].tolist() for name in used}
        written = cache(self._arguments)
        for number, (head, group) in enumerate(zip(heads, groups.tolist(), strict=True)):
            if group < 0:
                yield ""
                continue
            one = self._template(group)
            values = written(group, tuple(columns[name][number] for name in one.columns))
            undoubled = head.replace("{{", "{").replace("}}", "}")
            yield f'"arguments":["{undoubled}"{values}],"id":{json.dumps(one.id)},'

    def _groups_of(self, flows: Iterable[str]) -> tuple[Integers, Integers]:
        """The lines of the flow table, and the groups of messages; -1 for none."""
        places = self._place.get_indexer(pd.Index(list(flows), dtype=object)).astype(np.int64)
        known = (places >= 0) & bool(self._groups)
        return places, np.where(known, self._codes[places] if len(self._codes) else -1, -1)

    def _arguments(self, group: int, values: tuple[Any, ...]) -> str:
        row = dict(zip(self._template(group).columns, values, strict=True))
        texts = [text for one in self._groups[group] for text in arguments_of(one, row)]
        return "".join(f",{json.dumps(visible(text).translate(_MARKUP))}" for text in texts)


def template_of(group: tuple[Message, ...]) -> Template:
    """The message string of messages that follow one another: their sentences, with a placeholder for each argument."""
    texts, number = [], 1
    for one in group:
        text, count = sentence_of(one, number)
        texts.append(text)
        number += count
    columns = sorted({name for one in group for name in columns_in(one)})
    return Template("+".join(one.code for one in group) or "none", " ".join(texts), tuple(columns))


def sentence_of(one: Message, number: int) -> tuple[str, int]:
    """A sentence with placeholders from ``number`` on, and how many: one for each value, or one for a whole sentence
    whose words depend on the values."""
    template = english.SENTENCES[one.code]
    if callable(template):
        return f"{{{number}}}", 1
    parts = [(visible(text).translate(_MARKUP), name) for text, name, _, _ in Formatter().parse(template)]
    places = {name: number + place for place, name in enumerate(dict.fromkeys(name for _, name in parts if name))}
    return "".join(text + (f"{{{places[name]}}}" if name else "") for text, name in parts), len(places)


def arguments_of(one: Message, row: Mapping[str, Any]) -> list[str]:
    """The arguments of the placeholders of ``sentence_of``."""
    template = english.SENTENCES[one.code]
    if callable(template):
        return [english.sentence(one, row)]
    names = dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name)
    values = english.plain_values(one, row)
    return [str(values[name]) for name in names]
