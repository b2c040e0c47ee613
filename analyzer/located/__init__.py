"""YAML that a person wrote: read, validated, and every mistake in it told with its line and column."""

from analyzer.located.plain import plain
from analyzer.located.reading import Document, read
from analyzer.located.validation import Checked, validate

__all__ = ["Checked", "Document", "plain", "read", "validate"]
