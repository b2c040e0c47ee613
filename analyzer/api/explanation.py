"""An explanation as text and in a notebook."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why a flow has its verdict or a row its status. ``text``: the output of ``dpm-analyzer explain``, safe to show.

    ``shown``: how many paragraphs a notebook shows at once; the others unfold. None: all.
    """

    text: str
    shown: int | None = None

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text.rstrip("\n")

    def _repr_html_(self) -> str:
        paragraphs = self.text.split("\n\n")
        first = paragraphs[: self.shown]
        rest = "\n\n".join(paragraphs[len(first) :])
        more = f"<details><summary>More</summary>{_block(rest)}</details>" if rest else ""
        return _block("\n\n".join(first)) + more


def _block(text: str) -> str:
    # Jupyter's style of <pre> in an output is proportional, and breaks lines within words.
    style = (
        "font-family: monospace; line-height: 1.4; white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere"
    )
    return f'<pre style="{style}">{escape(text)}</pre>'
