"""The vendor's table of expected flows, as data.

``load_table`` gives the table in use, ``check`` lints packs, ``declared`` and ``programs`` name the
programs that a row prints.
"""

from analyzer.rules.executables import declared, programs
from analyzer.rules.files import digest_of_shipped
from analyzer.rules.issues import LintIssue
from analyzer.rules.lint import check
from analyzer.rules.load import load_table, table_from_packs
from analyzer.rules.model import Pack, Rule, RuleTable, Source
from analyzer.rules.needs import needed_items

__all__ = [
    "LintIssue",
    "Pack",
    "Rule",
    "RuleTable",
    "Source",
    "check",
    "declared",
    "digest_of_shipped",
    "load_table",
    "needed_items",
    "programs",
    "table_from_packs",
]
