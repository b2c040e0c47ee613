"""The text columns of the document, made of its messages. The last stage before the document is written."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from analyzer.columns import Integers, Words, group_rows, texts_of
from analyzer.messages import Message, columns_in, english
from analyzer.messages.grouping import FlowMessages

Columns = Mapping[str, "pd.Series[str] | Words | list[str] | Integers"]


def flow_details(messages: FlowMessages, columns: Columns) -> Words:
    """The words of ``detail``: the sentences of each flow's messages.

    Flows of a group with equal values in the columns that its messages contain share one text. ``columns``: the flow
    table's, by name, a value for each flow.
    """
    used = [sorted(set(columns_in(group))) for group in messages.groups]
    details = texts_of(
        [english.text(group) if not names else "" for group, names in zip(messages.groups, used, strict=True)],
        messages.codes,
    )
    wanted = [tuple(names) for names in used]
    for names in sorted({names for names in wanted if names}):
        having = np.array([one == names for one in wanted], dtype=bool)
        flows = np.flatnonzero(having[messages.codes])
        values = [np.asarray(columns[name], dtype=object)[flows] for name in names]
        first, kinds = group_rows([messages.codes[flows], *(pd.factorize(column)[0] for column in values)])
        groups = messages.codes[flows[first]].tolist()
        lines = zip(*(column[first].tolist() for column in values), strict=True)
        texts = [
            english.text(messages.groups[group], dict(zip(names, line, strict=True)))
            for group, line in zip(groups, lines, strict=True)
        ]
        details[flows] = texts_of(texts, kinds)
    return details


def line_texts(lines: Iterable[tuple[Message, ...]]) -> list[str]:
    """The sentences of each line of a table; each different text is made once."""
    texts: dict[tuple[Message, ...], str] = {}
    result = []
    for line in lines:
        if line not in texts:
            texts[line] = english.text(line)
        result.append(texts[line])
    return result
