"""Large profiles: libyaml reads them as ruamel.yaml does, and no step asks again for each of very many machines."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import pipeline
from analyzer.charts import coverage
from analyzer.compliance.rows.observability import RowVisibility
from analyzer.errors import SiteError
from analyzer.site import load_site
from analyzer.yaml_source import events, read_octets
from tests.program import ROOT
from tests.reports import fleet

HEAD = "version: 1\nname: x\nsegments: [{name: a, cidr: 10.0.0.0/8}]\ndpm_server: {addresses: [10.255.0.1]}\n"
PIECES = [
    *(": ", ":", "- ", "-", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "[", "]", "{", "}", ",", ", ", '"', "'", '"x"'),
    *("'y'", " ", "#", " # c", "?", "? ", "|", ">", "|\n  z", "\\n", "\\/", "\\u00e9", "1", "10.0.0.1", "~", "02:00"),
    *("\t", "@", "%", "é", "日本", "=", "<<", "---", "...", "\n---\n", "\r\n", "\x85", "\u2028", "\ufeff", "&a", "*a"),
    *("!x", "%YAML 1.2\n", "k: v\n", "name: x\n", "- name: x\n  address: 1\n", "- {a: b}\n", "a: [1, 2]\n", '"a": 1\n'),
]
Seen = tuple[Any, ...]


def machines(count: int) -> str:
    """Machines of a profile, in block style."""
    lines = (
        f"  - name: m{one:06d}\n    address: 10.{one >> 16}.{one >> 8 & 255}.{one & 255 or 7}\n"
        f"    mac: '02:00:00:{one >> 16:02x}:{one >> 8 & 255:02x}:{one & 255:02x}'\n"
        for one in range(count)
        if one & 255 not in (0, 7, 255)
    )
    return f"managed_machines:\n{''.join(lines)}"


def seen(made: Iterable[Any]) -> Iterator[Seen]:
    """What this program uses of events. An empty value has no position of its own."""
    for one in made:
        kind = events.kind(one)
        value = getattr(one, "value", None)
        place = (one.start_mark.line, one.start_mark.column)
        plain = one.implicit[0] if kind == events.SCALAR else None
        placed = kind in (events.SCALAR, events.MAPPING_START, events.SEQUENCE_START, events.ALIAS)
        yield kind, value, plain, place if placed and not (plain and value == "") else None


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join))
@settings(max_examples=1000, deadline=None)
def test_libyaml_gives_the_events_of_ruamel(text: str) -> None:
    try:
        quick = list(seen(events.quick_events(text)))
    except events.UnlikeError:
        return
    assert quick == list(seen(events.events(text)))


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        ("expect: [*a]\n", "an alias (*) cannot be used here: write the value out"),
        ("expect: [!evil x]\n", "the tag '!evil' cannot be used here: leave it out"),
        ("expect: {\n", "YAML syntax: "),
        ("name: y\n", "key 'name' occurs twice (line 2 too): keep one"),
        ("expect:\n  - a: 1\n   b: 2\n", "YAML syntax: "),
        ("---\nname: y\n", "a second YAML document begins here: keep one to a file"),
        ('expect: ["\\ud800"]\n', "half of a surrogate pair is no character: write the character"),
        (f"expect: {'[' * 40}{']' * 40}\n", "nested more than 32 deep: nothing here needs that"),
        ("waivers: [{orig: any}]\n", "waivers[0].resp: this key is missing: add it"),
    ],
)
def test_a_mistake_in_a_large_profile_is_reported_as_in_a_small_one(
    tmp_path: Path, addition: str, message: str
) -> None:
    path = tmp_path / "site.yaml"
    large = HEAD + machines(2000)
    assert len(large) > events.LARGE
    found = []
    for content in (HEAD + machines(3), large):
        path.write_text(content + addition, encoding="utf-8")
        with pytest.raises(SiteError) as caught:
            load_site(path)
        lines = content.count("\n")
        found.append([(one.line - lines, one.column, one.message) for one in caught.value.issues])
    assert found[0] == found[1]
    assert any(message in text for _, _, text in found[1])


def test_a_large_profile_is_not_read_by_the_slow_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("yaml._yaml", reason="this PyYAML has no libyaml")

    def refuse(text: str) -> Iterator[Any]:
        raise AssertionError(f"{len(text)} characters for ruamel.yaml")

    monkeypatch.setattr(events, "events", refuse)
    document = read_octets("site.yaml", (HEAD + machines(2000)).encode(), SiteError)
    assert isinstance(document.data, dict)
    assert len(document.data["managed_machines"]) == len(machines(2000).split("name:")) - 1


def test_a_text_in_block_style_of_a_large_profile_is_read_by_the_other_parser() -> None:
    document = read_octets("site.yaml", (HEAD + machines(2000) + "timezone: |\n  a\n").encode(), SiteError)
    assert isinstance(document.data, dict)
    assert document.data["timezone"] == "a\n"


def test_machines_that_no_capture_shows_are_looked_up_once_for_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answer = RowVisibility._shows

    def counted(self: RowVisibility, rule: Any, machine: str) -> bool:
        asked.append(rule.id)
        return answer(self, rule, machine)

    monkeypatch.setattr(RowVisibility, "_shows", counted)
    site = tmp_path / "site.yaml"
    site.write_text(HEAD + machines(500), encoding="utf-8")
    capture = ROOT / "sample_pcaps" / "lab" / "dirty_segA.pcap"
    rows = pipeline.analyze([capture], site=site, dissect=False).rows
    assert len(rows) > 4000
    assert 0 < len(asked) < 100
    monkeypatch.setattr(RowVisibility, "shows", answer)
    pd.testing.assert_frame_equal(rows, pipeline.analyze([capture], site=site, dissect=False).rows)


def test_the_chart_of_rows_holds_its_statuses_as_one_array() -> None:
    grid = coverage.data(fleet(machines=3000, flows=20))
    assert grid.shape[1] == 3000
    assert np.shares_memory(grid.to_numpy(), grid.to_numpy())  # no copy is made: it is one array
    assert list(grid.loc["shutdown"]) == list(grid.T["shutdown"])
