"""YAML files that a person wrote: reading and validation, with line and column of every mistake."""

from analyzer.yaml_source.plain import plain
from analyzer.yaml_source.reading import Document, octets_of, parse, read
from analyzer.yaml_source.validation import Checked, validate

__all__ = ["Checked", "Document", "octets_of", "parse", "plain", "read", "validate"]
