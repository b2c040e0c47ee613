"""Words of cmd.exe and of PowerShell."""

from analyzer.operating_system.windows.names import quoted_word


def quoted(word: str, stand_in: str) -> str:
    """A word as both shells take it; ``stand_in``, where no quotes help."""
    return quoted_word(word, stand_in)
