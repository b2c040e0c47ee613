"""The outcomes of a finding's flows: counts, and the text of the column ``outcome``."""

from collections.abc import Mapping, Sequence

from analyzer.report.model import Report


def outcome_text(counts: Mapping[str, int]) -> str:
    """``refused`` for a single flow, ``1 established, 2 refused`` for several, nothing for none."""
    if sum(counts.values()) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def finding_outcomes(report: Report) -> Sequence[Mapping[str, int]]:
    """Outcome -> number of flows, for each line of the findings. Documents of earlier versions have only the text."""
    counts = report.meta.outcomes
    return counts if len(counts) == len(report.findings) else list(map(_counts_in, report.findings["outcome"].tolist()))


def _counts_in(text: str) -> dict[str, int]:
    """The counts that ``outcome_text`` wrote."""
    parts = [part.strip().rpartition(" ") for part in text.split(",") if part.strip()]
    return {word: int(number) if number.isdecimal() else 1 for number, _, word in parts}
