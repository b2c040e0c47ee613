"""Entries that are added to a list of a YAML file: the rest of it stays, octet by octet."""

from difflib import ndiff
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import SiteError
from analyzer.yaml_source import read_octets
from analyzer.yaml_source.appending import quoted, with_entries

NEW = {"owner": "J. Doe", "reason": 'until "tomorrow": # no comment', "ticket": ""}
ADDED = {"owner": "J. Doe", "reason": 'until "tomorrow": # no comment'}


def parsed(text: str) -> object:
    return read_octets("x.yaml", text.encode(), SiteError).data


BEFORE = {
    "no list": "version: 1\nname: lab\n",
    "no last line end": "version: 1\nname: lab",
    "a block list": "waivers:\n  - owner: a\n    reason: b\nname: lab\n",
    "a block list without indent": "waivers:\n- owner: a\n  reason: b\nname: lab\n",
    "a deep indent": "waivers:\n      -   owner: a\n          reason: b\n",
    "comments": "# top\nwaivers: # these\n  # 1\n  - owner: a # him\n    reason: b # why\n  # - owner: c\nname: lab\n",
    "the last line is a comment": "name: lab\nwaivers:\n  - owner: a\n    reason: b\n# the end",
    "flow entries in a block list": "waivers:\n  - {owner: a, reason: b} # one\n\n\nname: lab\n",
    "an entry over several lines": "waivers:\n  - {owner: a,\n     reason: b}\nname: lab\n",
    "a text over several lines": "waivers:\n  - owner: a\n    reason: one\n      two\n      three\n\nname: lab\n",
    "a literal text": "waivers:\n  - owner: a\n    reason: |\n      one\n      two\n\nname: lab\n",
    "a literal text that keeps its end": "waivers:\n  - owner: a\n    reason: |+\n      one\n\n\nname: lab\n",
    "an empty list": "waivers: []\nname: lab\n",
    "an empty list over lines": "waivers: [\n  # nobody\n]\nname: lab\n",
    "a flow list": "waivers: [{owner: a, reason: b}]\nname: lab\n",
    "a flow list with a last comma": "waivers: [\n  {owner: a, reason: b}, # him\n]\nname: lab\n",
    "JSON": '{"name": "lab", "waivers": [{"owner": "a", "reason": "b"}]}',
    "JSON without the list": '{"name": "lab", "version": 1}\n',
    "JSON over lines": '{\n  "name": "lab",\n  "version": 1\n}\n',
    "a document with marks": "---\nname: lab\nversion: 1\n...\n",
    "a document with marks and the list": "---\nwaivers:\n  - owner: a\n    reason: b\n...\n# after\n",
    "an indented top level": "  name: lab\n  version: 1\n",
    "a quoted key": '"waivers":\n  - owner: a\n    reason: b\n',
    "Windows": "name: lab\r\nwaivers:\r\n  - owner: a\r\n    reason: b\r\nversion: 1\r\n",
    "Windows without the list": "name: lab\r\nversion: 1\r\n",
    "letters beyond": "name: \u30ab\U0001f600\nwaivers:\n  - owner: \U0001f600\n    reason: b\nversion: 1\n",
    "a list of the same name below": "site:\n  waivers:\n    - a\nname: lab\n",
    "an entry that ends with a list": "waivers:\n  - owner: a\n    more:\n      - c\n      - d\nname: lab\n",
}


@pytest.mark.parametrize("name", BEFORE)
def test_an_entry_is_added_and_the_rest_stays(name: str) -> None:
    before = BEFORE[name]
    old = parsed(before)
    assert isinstance(old, dict)
    after = with_entries(before, "waivers", [NEW, NEW])
    expected = dict(old)
    expected["waivers"] = [*old.get("waivers", []), ADDED, ADDED]
    assert parsed(after) == expected
    # Only what was added differs; a line that had no end may get one.
    kept = "".join(line[2:] for line in ndiff(list(before), list(after)) if line.startswith(("  ", "- ")))
    assert kept == before
    if "\r\n" in before:
        assert after.count("\n") == after.count("\r\n")
    again = with_entries(after, "waivers", [NEW])
    expected["waivers"] = [*expected["waivers"], ADDED]
    assert parsed(again) == expected


def test_it_reads_as_a_person_would_write_it() -> None:
    assert with_entries("name: lab\n", "waivers", [NEW]) == (
        'name: lab\n\nwaivers:\n  - owner: "J. Doe"\n    reason: "until \\"tomorrow\\": # no comment"\n'
    )


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(ValueError, match="waivers is no list"):
        with_entries("waivers: none\n", "waivers", [NEW])


LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=200, deadline=None)
@given(LETTERS.filter(bool))
def test_every_text_is_read_again(text: str) -> None:
    for before in ("name: lab\n", "waivers: []\n", "waivers:\n- owner: a\n"):
        data = parsed(with_entries(before, "waivers", [{"owner": text}]))
        assert isinstance(data, dict)
        assert data["waivers"][-1] == {"owner": text}
    assert quoted(text).isprintable()


def test_the_samples_stay_as_they_are() -> None:
    for path in sorted((Path(__file__).parent.parent.parent / "sample_pcaps").rglob("site*.yaml")):
        text = path.read_text(encoding="utf-8")
        assert with_entries(text, "waivers", [NEW]).startswith(text.rstrip("\n"))
