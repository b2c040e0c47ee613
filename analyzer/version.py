"""The version: that of pyproject.toml, which a test compares."""

VERSION = "0.1.0"
