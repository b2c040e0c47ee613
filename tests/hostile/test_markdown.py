"""Foreign text in report.md is no link and no reference, neither on GitHub nor on GitLab."""

import html
import re

import pytest
from markdown_it import MarkdownIt

from analyzer.render.shared.escape import markdown

REFERENCE = re.compile(r"@\w|#\d|![0-9]|[%~$&][\w\"]|\bGH-[0-9]", re.IGNORECASE)
"""What the sites search for in the text of the rendered page."""


@pytest.mark.parametrize(
    "text",
    [
        "@all", "x @someone y", "#12", "owner/name#12", "GH-12", "gh-12", "!12", "group/name!12", "%12", '%"a name"',
        "%name", "~12", '~"a label"', "~bug", "$12", "&12", "group&12",
    ],
)  # fmt: skip
def test_a_reference_is_only_text(text: str) -> None:
    assert REFERENCE.search(text)
    shown = html.unescape(re.sub(r"<[^>]*>", "", MarkdownIt().render(markdown(text)))).strip()
    assert not REFERENCE.search(shown)
    assert not re.search(r"GH-\d", shown, re.IGNORECASE)
    assert shown.replace("\u200b", "") == text


@pytest.mark.parametrize(
    "text", ["www.-evil.example", "www.evil.example", "WWW._evil", "https://evil.example", "www./x"]
)
def test_an_address_is_no_link(text: str) -> None:
    """GitHub links www. and a scheme before anything but a blank; a backslash prevents that."""
    assert not re.search(r"www\.\S|:(?=//)(?<!\\:)", markdown(text), re.IGNORECASE)
    shown = html.unescape(re.sub(r"<[^>]*>", "", MarkdownIt("gfm-like", {"linkify": False}).render(markdown(text))))
    assert shown.strip() == text


@pytest.mark.parametrize("text", ["50 % of 3", "a & b", "5 > 3!", "10.0.0.1:56010", "C:\\Windows"])
def test_other_text_is_unchanged(text: str) -> None:
    assert "\u200b" not in html.unescape(markdown(text))
