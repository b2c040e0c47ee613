"""Drafts as files: what one of them says. No capture is judged by a draft: ``files`` has the packs that are in use."""

from pathlib import Path

from analyzer.errors import RulesError
from analyzer.rules.draft import Draft
from analyzer.rules.files import is_draft
from analyzer.yaml_source import Checked, Document, read, validate

_DRAFT_STAND_IN = {
    "version": 1,
    "id": "unnamed",
    "kind": "draft",
    "provenance": {"title": "-", "source": "-"},
    "guide": {"file": "-", "sha256": "0" * 64, "kind": "text"},
    "account": {"pages": [], "lines": 0, "used": 0},
}


def read_draft(path: Path) -> Checked[Draft]:
    """The draft in ``path``; mistakes of its content are in ``issues``.

    Raises:
        RulesError: the file cannot be read, is no YAML, or is no draft.
    """
    document = read(path, RulesError)
    if not is_draft(document):
        message = "this is not a draft: give a file that 'dpm-analyzer rules import' wrote"
        raise RulesError([document.issue(("kind",), message)])
    return draft_in(document)


def draft_in(document: Document) -> Checked[Draft]:
    """The draft in a document; mistakes of its content are in ``issues``."""
    return validate(Draft, document, _DRAFT_STAND_IN)
