"""YAML that a person wrote: read, validated, and every mistake in it told with its line and column."""

from analyzer.yaml_source.plain import plain
from analyzer.yaml_source.reading import Document, read
from analyzer.yaml_source.validation import Checked, validate

__all__ = ["Checked", "Document", "plain", "read", "validate"]
