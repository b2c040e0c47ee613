"""YAML with positions: every mistake located, nothing constructed, never a traceback."""

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from analyzer.errors import LocatedError, RulesError, SiteError
from analyzer.rules import check
from analyzer.site import load_site
from analyzer.yaml_source import Document, read, validate
from analyzer.yaml_source.reading import MAX_BYTES, MOST_ISSUES
from tests.program import ROOT


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    port: int = Field(default=1, le=65535)
    kind: Literal["a", "b"] = "a"


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: int
    leaves: tuple[Leaf, ...] = ()
    notes: dict[int, Leaf] = {}


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "file.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def document(tmp_path: Path, content: str) -> Document:
    return read(written(tmp_path, content), RulesError)


def observed(tmp_path: Path, content: str) -> list[tuple[int, int, str]]:
    issues = validate(Tree, document(tmp_path, content), {"version": 1}).issues
    return sorted((issue.line, issue.column, issue.message) for issue in issues)


def refused(tmp_path: Path, content: str | bytes) -> list[tuple[int, int, str]]:
    with pytest.raises(RulesError) as caught:
        read(written(tmp_path, content), RulesError)
    return [(issue.line, issue.column, issue.message) for issue in caught.value.issues]


def test_scalars_follow_the_core_schema_of_yaml_1_2(tmp_path: Path) -> None:
    text = "[no, 'yes', true, 12, '12', 1.5, ~, 02:00:00:00:00:21, 2026-12-31, 0x10, 192.168.0.1, .5, 1e3]"
    assert document(tmp_path, text).data == [
        "no", "yes", True, 12, "12", 1.5, None, "02:00:00:00:00:21", "2026-12-31", "0x10", "192.168.0.1", 0.5, 1000.0,
    ]  # fmt: skip


def test_a_yaml_1_1_directive_changes_no_meaning(tmp_path: Path) -> None:
    assert document(tmp_path, "%YAML 1.1\n---\n[no, 02:30]").data == ["no", "02:30"]


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert read(written(tmp_path, b"\xef\xbb\xbfversion: 1\n"), RulesError).data == {"version": 1}


def test_every_mistake_is_reported_at_its_own_place(tmp_path: Path) -> None:
    text = "\n".join(
        (
            "version: one",
            "leaves:",
            "  - {nam: x, port: '80'}",
            "  - {name: 5, kind: c, port: 70000}",
            "version: 2",
            "notes: {7: {name: n, extra: 1}}",
        )
    )
    assert observed(tmp_path, text) == [
        (1, 10, "version: 'one' must be a whole number, without quotes"),
        (3, 5, "leaves[0].name: this key is missing: add it"),
        (3, 6, "leaves[0].nam: unknown key: did you mean 'name'? known here: kind, name, port"),
        (3, 20, "leaves[0].port: '80' must be a whole number, without quotes"),
        (4, 12, "leaves[1].name: 5 must be text: put it in quotes"),
        (4, 21, "leaves[1].kind: 'c' is not allowed here: use 'a' or 'b'"),
        (4, 30, "leaves[1].port: 70000 must be less than or equal to 65535"),
        (5, 1, "key 'version' occurs twice (line 1 too): keep one"),
        (6, 22, "notes[7].extra: unknown key: known here: kind, name, port"),
    ]


def test_what_is_sound_is_kept_with_its_place(tmp_path: Path) -> None:
    text = "version: 1\nleaves:\n  - {name: 1}\n  - {name: good, wrong: 1}\n  - {name: best}\n"
    checked = validate(Tree, document(tmp_path, text), {"version": 1})
    assert checked.value is not None
    assert [leaf.name for leaf in checked.value.leaves] == ["good", "best"]
    assert checked.issue(("leaves", 1, "name"), "here").line == 5
    assert not checked.whole("leaves")
    assert checked.whole("notes")


def test_a_key_written_twice_inside_a_list_is_located(tmp_path: Path) -> None:
    assert observed(tmp_path, "version: 1\nleaves: [{name: a, name: b}]") == [
        (2, 20, "key 'name' occurs twice (line 2 too): keep one")
    ]


@pytest.mark.parametrize(
    ("content", "line", "column", "part"),
    [
        (b"", 1, 1, "empty"),
        (b"# nothing but a comment\n", 1, 1, "empty"),
        (b"a: 1\nb: [1, 2\n", 3, 1, "YAML syntax"),
        (b"a: 1\n\tb: 2\n", 2, 1, "YAML syntax"),
        (b"a: 1\n--- \nb: 2\n", 2, 1, "second YAML document"),
        (b"ok: 1\nname: caf\xe9\n", 2, 1, "UTF-8"),
        (b"\x00\x01\x02\x03", 1, 1, "not YAML"),
        (b"? [a, b]\n: 1\n", 1, 3, "a key must be a word"),
        (b"[" * 40, 1, 34, "nested"),
        (b'a: "\\UFFFFFFFF"', 1, 1, "not YAML"),
    ],
)
def test_what_is_no_yaml_is_reported_with_its_place(
    tmp_path: Path, content: bytes, line: int, column: int, part: str
) -> None:
    issues = refused(tmp_path, content)
    assert [(at, col) for at, col, _ in issues] == [(line, column)]
    assert part in issues[0][2]


def test_a_syntax_error_does_not_hide_what_was_wrong_before_it(tmp_path: Path) -> None:
    assert [line for line, _, _ in refused(tmp_path, "a: 1\na: 2\nb: [\n")] == [2, 4]


def test_aliases_and_tags_are_refused_and_expand_to_nothing(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\nd: !!python/object:os.system {}\n"
    issues = document(tmp_path, bomb).issues
    assert [(issue.line, issue.column) for issue in issues] == [(2, 8), (2, 12), (3, 5), (3, 9), (4, 4)]


def test_half_a_surrogate_pair_is_no_text(tmp_path: Path) -> None:
    assert "surrogate" in document(tmp_path, r'a: "\ud800"').issues[0].message


def test_a_file_that_cannot_be_read_is_named_as_the_user_gave_it(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(RulesError) as caught:
            read(path, RulesError)
        assert str(caught.value).startswith(f"{path}:1:1: cannot be read (")


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    assert "larger than" in refused(tmp_path, b"#" * (MAX_BYTES + 1))[0][2]


@pytest.mark.parametrize("content", ["[]", "text", "5", "~", "[[a]]"])
def test_a_root_that_is_no_mapping_is_reported(tmp_path: Path, content: str) -> None:
    assert observed(tmp_path, content) == [(1, 1, "must be a mapping of keys: see the documentation of this file")]


@pytest.mark.parametrize("page", ["site-profile.md", "rules.md"])
def test_the_examples_of_the_documentation_are_sound(tmp_path: Path, page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    path = written(tmp_path, text.partition("```yaml\n")[2].partition("```")[0])
    assert load_site(path).machines if page == "site-profile.md" else not check([str(path)])


YAML_LIKE = st.lists(
    st.sampled_from(
        [*"abv:-[]{},&*!|>'\"%@`#?~ \n\t", "\n  ", "version", ": ", "- ", "&a ", "*a", "leaves", "!!int ", "1"]
    ),
    max_size=40,
).map("".join)


@given(content=st.one_of(st.binary(max_size=200), YAML_LIKE.map(str.encode), st.text(max_size=80).map(str.encode)))
def test_no_content_gives_a_traceback(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(content)
    try:
        checked = validate(Tree, read(path, RulesError), {"version": 1})
    except LocatedError as error:
        issues = error.issues
        assert issues
    else:
        issues = list(checked.issues)
        assert issues or checked.value is not None
    assert all(issue.line >= 1 and issue.column >= 1 and issue.message for issue in issues)


def test_mistakes_of_yaml_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("version: 1\n" + "name: x\n" * 5000, encoding="utf-8")
    with pytest.raises(SiteError) as error:
        load_site(path)
    assert len(error.value.issues) == MOST_ISSUES + 1
    assert "more than 100 mistakes" in str(error.value)


def test_mistakes_of_content_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("version: 1\nname: x\n" + "".join(f"k{number}: 1\n" for number in range(500)), encoding="utf-8")
    with pytest.raises(SiteError) as error:
        load_site(path)
    assert len(error.value.issues) <= MOST_ISSUES + 3
    assert f"{path}: 400 more mistakes are not listed: correct these first" in str(error.value).splitlines()
