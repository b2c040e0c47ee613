"""What an import found, in a few lines."""

from collections.abc import Iterator

from analyzer.guide.draft_lines import account_line
from analyzer.rules.draft import Draft
from analyzer.units import plural


def lines(draft: Draft, out: str) -> Iterator[str]:
    """The sums of a draft: rows, questions, lines of the pages and what became of them."""
    printed = len({rule.row for rule in draft.rules})
    known = sum(rule.in_table is not None for rule in draft.rules)
    flows = plural(len(draft.rules), "flow")
    yield f"{out}: {plural(printed, 'printed row')}, {flows}; {known} of them in the built-in table already"
    yield f"{plural(len(draft.open), 'question')} open; {plural(len(draft.footnotes), 'footnote')}"
    account = draft.account
    yield account_line(account)
    for line in account.left[:10]:
        yield f"  p. {line.page}, line {line.line}: {line.text[:90]}"
    if len(account.left) > 10:
        yield f"  and {len(account.left) - 10} more, in the draft under account"
    for problem in draft.guide.problems:
        yield f"  {problem}"
    yield f"Next: dpm-analyzer rules confirm {out}"
