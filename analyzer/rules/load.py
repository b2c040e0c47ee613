"""The table in use: the built-in one or the user's, and the overlays that were switched on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from analyzer.errors import DocumentError, Issue, RulesError
from analyzer.rules.files import BUILT_IN, PackFile, find, read_pack, shipped
from analyzer.rules.lint import combine, lint
from analyzer.rules.model import Pack, RuleTable, Source


def load_table(paths: Sequence[str] = ()) -> RuleTable:
    """The table made of the packs given: paths, or ids of packs that come with the program.

    A pack of kind table takes the built-in table's place; overlays are laid over it in the order given.

    Raises:
        RulesError: a pack cannot be read or is wrong, or two tables are given; every mistake of every pack is in it.
    """
    files, issues = _read(paths)
    tables = [file for file in files if file.pack and file.pack.kind == "table"]
    issues += [_second_table(file) for file in tables[1:]]
    base = tables[0] if tables else read_pack(shipped()[BUILT_IN])
    ordered = [base, *(file for file in files if file is not base)]
    combined = combine(file.pack for file in ordered if file.pack)
    issues += [found.issue for file in ordered for found in lint(file, combined) if found.severity == "error"]
    if issues:
        raise RulesError(issues)
    return _combine([file.pack for file in ordered if file.pack], [file.source for file in ordered])


def table_from_packs(packs: Iterable[Mapping[str, Any]], sources: Sequence[Source] = ()) -> RuleTable:
    """The table again from its packs as plain data (``pack.model_dump(mode="json")``), in the order of ``packs``.

    Raises:
        DocumentError: the data is not that of packs of this version.
    """
    try:
        return _combine([Pack.model_validate(pack) for pack in packs], sources)
    except ValidationError as error:
        raise DocumentError("the saved rule packs are not of this version: analyse again") from error


def _read(paths: Sequence[str]) -> tuple[list[PackFile], list[Issue]]:
    files: list[PackFile] = []
    issues: list[Issue] = []
    for path in paths:
        try:
            files.append(read_pack(find(path)))
        except RulesError as error:
            issues += error.issues
    return files, issues


def _second_table(file: PackFile) -> Issue:
    return file.checked.issue(("kind",), "two tables are given: leave one out, or make this one an overlay")


def _combine(packs: Sequence[Pack], sources: Sequence[Source]) -> RuleTable:
    combined = combine(packs)
    rules = tuple(combined.rules.values())
    covered = {rule.item for rule in rules}
    return RuleTable(
        packs=tuple(packs),
        sources=tuple(sources),
        rules=rules,
        footnotes=combined.footnotes,
        # An item that an overlay brought the rows of is covered now.
        not_covered=tuple(one for pack in packs for one in pack.not_covered if one.item not in covered),
        hints=tuple(hint for pack in packs for hint in pack.hints),
    )
