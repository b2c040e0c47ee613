"""What differs, as messages, and their sentences."""

from collections.abc import Iterator

import pandas as pd

from analyzer.difference.columns import CHANGED, GONE, NEW, SAME
from analyzer.difference.model import DifferenceTables
from analyzer.messages import Message, message
from analyzer.messages.english import sentence
from analyzer.text import visible
from analyzer.values import BootStatus, Status

JUDGING = frozenset({"version", "rules", "site", "expected", "payloads", "reading"})
"""What judgements come from, of what reports rest on."""

LOST = (Status.MISSING.value, Status.BLOCKED.value)


def headline(difference: DifferenceTables) -> str:
    """The answer in one sentence; what got worse comes before what else there is."""
    return sentence(headline_message(difference))


def notes(difference: DifferenceTables) -> Iterator[str]:
    """What has to be known before the rest: how far the two reports rest on the same."""
    return (visible(sentence(note)) for note in note_messages(difference))


def headline_message(difference: DifferenceTables) -> Message:
    """The answer; its clauses are messages."""
    counts = difference.counts()
    if difference:
        return message("difference-headline", clauses=tuple(_clauses(difference)))
    both = {"findings": counts["findings"][SAME], "conversations": counts["flows"][SAME]}
    return message("difference-headline", clauses=(message("difference-none", **both),))


def note_messages(difference: DifferenceTables) -> Iterator[Message]:
    """What has to be known before the rest."""
    table = difference.basis.set_index("what")
    if not table["differs"].any():
        yield message("difference-same-basis")
        return
    others = list(table.index[table["differs"] & (table.index != "captures")])
    if not table["differs"]["captures"]:
        yield message("difference-same-captures", others=tuple(others))
    elif JUDGING & set(others):
        yield message("difference-judged-apart")
    for what, a, b, differs, detail in difference.basis.itertuples(index=False):
        if differs:
            yield message("difference-basis", what=str(what), a=str(a), b=str(b), detail=str(detail))


def lost(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that were satisfied in the first report and are missing or blocked in the second."""
    return rows[(rows["status_a"] == Status.SATISFIED) & rows["status_b"].isin(LOST)]


def stalled(boots: pd.DataFrame) -> pd.DataFrame:
    """Clients with a complete boot in the first report and a stalled one in the second."""
    return boots[(boots["status_a"] == BootStatus.COMPLETE) & (boots["status_b"] == BootStatus.STALLED)]


def _clauses(difference: DifferenceTables) -> Iterator[Message]:
    """A clause for each kind of table that has a difference; one about findings also if all of them stay."""
    counts = difference.counts()
    found, flows, hosts = (counts[kind] for kind in ("findings", "flows", "hosts"))
    if any(found.values()):
        doubtful = difference.findings.loc[difference.findings["doubt"] != "", "change"].value_counts()
        yield message(
            "difference-findings",
            new=found[NEW],
            gone=found[GONE],
            changed=found[CHANGED],
            same=found[SAME],
            doubtful_new=int(doubtful[NEW]),
            doubtful_gone=int(doubtful[GONE]),
        )
    worse = len(lost(difference.rows))
    if changed := counts["rows"][CHANGED]:
        yield message("difference-rows", worse=worse, others=changed - worse)
    if booting := len(stalled(difference.boots)):
        yield message("difference-boots", stalled=booting)
    if any(flows[change] for change in (NEW, GONE, CHANGED)):
        yield message("difference-conversations", new=flows[NEW], gone=flows[GONE], changed=flows[CHANGED])
    if any(hosts[change] for change in (NEW, GONE, CHANGED)):
        yield message("difference-hosts", new=hosts[NEW], gone=hosts[GONE], changed=hosts[CHANGED])
