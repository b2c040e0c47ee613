"""What differs, in sentences."""

from collections.abc import Iterator

import pandas as pd

from analyzer.difference.columns import CHANGED, GONE, NEW, SAME
from analyzer.difference.model import DifferenceTables
from analyzer.text import visible
from analyzer.units import plural
from analyzer.values import BootStatus, Status

JUDGING = frozenset({"version", "rules", "site", "expected", "payloads", "reading"})
"""What judgements come from, of what reports rest on."""

LOST = (Status.MISSING.value, Status.BLOCKED.value)


def headline(difference: DifferenceTables) -> str:
    """The answer in one sentence; what got worse comes before what else there is."""
    clauses = [clause for clause in _clauses(difference) if clause]
    text = "; ".join(clauses) if difference else f"Nothing differs: {_same(difference)}"
    return f"{text[:1].upper()}{text[1:]}."


def basis(difference: DifferenceTables) -> Iterator[str]:
    """What the two reports rest on, where it is not the same: a line each."""
    for what, a, b, differs, detail in difference.basis.itertuples(index=False):
        if differs:
            yield visible(f"{what}: {a or 'none'} -> {b or 'none'}" + (f" ({detail})" if detail else ""))


def notes(difference: DifferenceTables) -> Iterator[str]:
    """What has to be known before the rest: how far the two reports rest on the same."""
    table = difference.basis.set_index("what")
    if not table["differs"].any():
        yield "Both reports rest on the same captures, profile, rules and version."
        return
    others = list(table.index[table["differs"] & (table.index != "captures")])
    if not table["differs"]["captures"]:
        yield f"The captures are the same: the differences come from what they were judged by ({', '.join(others)})."
    elif JUDGING & set(others):
        yield "The two reports were judged differently: a difference may come from that, and not from the network."
    yield from basis(difference)


def lost(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that were satisfied in the first report and are missing or blocked in the second."""
    return rows[(rows["status_a"] == Status.SATISFIED) & rows["status_b"].isin(LOST)]


def stalled(boots: pd.DataFrame) -> pd.DataFrame:
    """Clients with a complete boot in the first report and a stalled one in the second."""
    return boots[(boots["status_a"] == BootStatus.COMPLETE) & (boots["status_b"] == BootStatus.STALLED)]


def _clauses(difference: DifferenceTables) -> Iterator[str]:
    counts = difference.counts()
    found, flows, hosts = (counts[kind] for kind in ("findings", "flows", "hosts"))
    doubtful = difference.findings.loc[difference.findings["doubt"] != "", "change"].value_counts()
    new, gone = (
        change
        + (f" ({number:,} of them perhaps not observable in {letter})" if (number := int(doubtful[change])) else "")
        for change, letter in ((NEW, "A"), (GONE, "B"))
    )
    yield _counted("finding", {new: found[NEW], gone: found[GONE], "ended differently": found[CHANGED]}, found[SAME])
    worse = len(lost(difference.rows))
    rows = {"no longer satisfied, but missing or blocked": worse, "of another status": counts["rows"][CHANGED] - worse}
    yield _counted("row", rows)
    yield _counted("machine", {"no longer booting": len(stalled(difference.boots))})
    yield _counted("conversation", {"new": flows[NEW], "gone": flows[GONE], "judged differently": flows[CHANGED]})
    yield _counted("host", {"new": hosts[NEW], "gone": hosts[GONE], "of another role": hosts[CHANGED]})


def _same(difference: DifferenceTables) -> str:
    counts = difference.counts()
    return f"{plural(counts['findings'][SAME], 'finding')} and {plural(counts['flows'][SAME], 'conversation')} in both"


def _counted(noun: str, counts: dict[str, int], stay: int = 0) -> str:
    """``3 findings are new, 1 is gone, 12 stay``; nothing where there is none."""
    parts: list[str] = []
    for word, count in counts.items():
        if count:
            verb = word if word.startswith("ended") else f"{'is' if count == 1 else 'are'} {word}"
            parts.append(f"{count:,} {verb}" if parts else f"{plural(count, noun)} {verb}")
    if stay:
        parts.append(f"{plural(stay, noun) if not parts else f'{stay:,}'} {'stays' if stay == 1 else 'stay'}")
    return ", ".join(parts)
