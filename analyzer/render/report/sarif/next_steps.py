"""What to do next, as help of a rule: the advice for each kind of its findings, and the commands for the first one."""

from collections.abc import Iterable, Iterator

import pandas as pd

from analyzer.messages.english import sentence
from analyzer.render.shared.commands import FOLDER, next_commands
from analyzer.report.advice import advice_of


def help_lines(rules: Iterable[str], found: pd.DataFrame) -> dict[str, list[str]]:
    """Rule -> lines of its help. ``rules``: the rule of each finding in ``found``, the most serious first."""
    lines: dict[str, list[str]] = {}
    named = list(rules)
    for rule, verdict, reason in dict.fromkeys(zip(named, found["verdict"], found["reason"], strict=True)):
        lines.setdefault(rule, []).extend(_advice(verdict, reason))
    firsts = {rule: place for place, rule in reversed(list(enumerate(named)))}
    for rule, made in lines.items():
        made.extend(_commands(found.iloc[firsts[rule]]))
    return lines


def _advice(verdict: str, reason: str) -> Iterator[str]:
    if advice := advice_of(verdict, reason):
        yield f"What to do next ({', '.join(filter(None, (verdict, reason)))}): {sentence(advice)}"


def _commands(finding: pd.Series) -> Iterator[str]:
    if commands := [*next_commands(dict(finding), "")]:
        yield f"For the first finding ({FOLDER}: the report folder): {'; '.join(commands)}"
