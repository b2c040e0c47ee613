"""What ``explain`` says, as text and in a notebook."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why something has its verdict or its status. ``text``: what ``dpm-analyzer explain`` prints, safe to be shown."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text.rstrip("\n")

    def _repr_html_(self) -> str:
        style = "line-height: 1.4; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere"
        return f'<pre style="{style}">{escape(self.text)}</pre>'
