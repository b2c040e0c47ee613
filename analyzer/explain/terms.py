"""What the profile and the rule packs of a saved report leave no choice about."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from analyzer.explain.facts import SavedContext
from analyzer.report.model import Report
from analyzer.rules import declared
from analyzer.site.profile import Os, Profile

SYSTEMS = (None, *get_args(Os))
"""The operating systems of machines that programs are named for."""


def against_terms(report: Report, saved: SavedContext) -> Iterator[str]:
    """What no report with this profile and these packs can have."""
    yield from _in_profile(saved.site.profile)
    yield from _in_programs(report, saved)


def _in_profile(profile: Profile) -> Iterator[str]:
    segments = [segment.name for segment in profile.segments]
    machines = [machine.name for machine in profile.managed_machines]
    for kind, names in (("segment", segments), ("managed machine", machines)):
        if repeated := _first_repeated(names):
            yield f"the profile has the {kind} {repeated} twice"


def _first_repeated(names: Sequence[str]) -> str:
    return next((name for name, times in Counter(names).items() if times > 1), "")


def _in_programs(report: Report, saved: SavedContext) -> Iterator[str]:
    """A flow names the programs of its row, or none where its row does not cover it."""
    rules = {rule.id: rule for rule in saved.rules.rules}
    for name, program in sorted(set(zip(report.flows["rule"], report.flows["executable"], strict=True))):
        if program and program not in {
            declared(rules[name], saved.site, system) for system in SYSTEMS if name in rules
        }:
            yield f"a flow of row {name or 'none'} has programs that the row does not name"
