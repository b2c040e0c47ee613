"""Readers: one for each kind of file, recognised by content."""
