"""No text of a pack, of a draft or of a guide reaches a terminal as a control character."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner
from pydantic import BaseModel, ValidationError

from analyzer.cli import main
from analyzer.cli.rules.export import TARGET_NAMES
from analyzer.guide.writing import draft_text, pack_text
from analyzer.rules import load_table
from tests.guide.conftest import Reader
from tests.guide.page_like_the_guide import FIRST, LAST
from tests.program import ROOT

RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
EVIL = "\x1b[31m\x9b\x07\u202e\u2028"
FILE = "own\x1b[31m\x9b\u202e"
SITE = str(ROOT / "sample_pcaps" / "lab" / "site.yaml")
KEPT = ("field", "answer", "rows", "in_table", "rule")
"""What has to be as it is: another text would be refused as a mistake."""


M = TypeVar("M", bound=BaseModel)


def texts(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, str | int]]:
    """Every text in plain data, as the mapping or list that it is in and its key there."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(part, str) and not {key, *keys} & set(KEPT):
            yield value, key
        elif isinstance(part, dict | list):
            yield from texts(part, (*keys, key))


def hostile(model: M) -> M:
    """``model`` with control characters in every text that may have any."""
    data = model.model_dump(mode="json", exclude_defaults=True)
    changed = 0
    for holder, key in texts(data):
        before = holder[key]
        holder[key] = before + EVIL
        try:
            type(model).model_validate(data)
            changed += 1
        except ValidationError:
            holder[key] = before
    assert changed > 50
    return type(model).model_validate(data)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pack") / f"{FILE}.yaml"
    path.write_text(pack_text(hostile(load_table().packs[0])), encoding="utf-8")
    return path


@pytest.fixture
def draft(read_text: Reader, tmp_path: Path) -> Path:
    read = read_text(f"{FIRST.replace('5561', 'about 5561')}\f{LAST}", pages=[191, 194])
    assert read.open
    assert read.account.left
    path = tmp_path / f"{FILE}.yaml"
    path.write_text(draft_text(hostile(read)), encoding="utf-8")
    return path


def printed(*words: str, given: str = "", code: int | None = None) -> str:
    done = CliRunner().invoke(main, ["rules", *words], input=given)
    assert done.exit_code == code if code is not None else done.exit_code in (0, 1, 2), done.output
    indented = re.sub(r"(?m)^\t+", "", done.output)
    assert not RAW.search(indented), repr(RAW.search(indented))
    return done.output


def test_a_pack_is_shown_with_escapes(pack: Path) -> None:
    said = printed("show", "--rules", str(pack), code=0)
    assert "Power ON\\x1b[31m\\x9b\\x07\\u202e" in said
    assert "own\\x1b[31m" in said


def test_mistakes_of_a_pack_are_shown_with_escapes(pack: Path) -> None:
    broken = pack.with_name(f"broken{FILE}.yaml")
    text = pack.read_text(encoding="utf-8")
    broken.write_text(
        text.replace("page: 191", "page: 0", 1).replace("footnotes: [3]", "footnotes: [99]"), encoding="utf-8"
    )
    assert "\\x1b" in printed("check", str(broken), code=2)
    assert "\\x1b" in printed("show", "--rules", str(broken), code=2)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_comparison_has_escapes(pack: Path, form: str) -> None:
    said = printed("diff", "dpm", str(pack), "--format", form, code=1)
    assert "\\x9b" in said or "\\u009b" in said
    assert "\\u202e" in said


@pytest.mark.parametrize("target", TARGET_NAMES)
def test_an_export_has_escapes(pack: Path, target: str) -> None:
    assert "\\x1b" in printed("export", "--site", SITE, "--to", target, "--rules", str(pack), code=0)


def test_a_draft_is_shown_with_escapes(draft: Path) -> None:
    said = printed("show", "--rules", str(draft), code=0)
    for text in ("Power ON", "Our installation guide", "order of the text", "2) Change the number."):
        assert re.search(re.escape(text) + r"[^\n]*\\x1b", said), text


def test_a_draft_is_checked_and_confirmed_with_escapes(draft: Path) -> None:
    assert "\\x1b" in printed("check", str(draft), code=0)
    assert "\\x1b" in printed("confirm", str(draft), "--text", given="no answer\nlater\nstop\n", code=1)
    assert "\\x1b" in printed("confirm", str(draft), "--answer", f"q1=x{EVIL}", code=2)
    assert "\\x1b" in printed("confirm", str(draft), "--answer", f"q{EVIL}=1", code=2)


def test_an_import_speaks_of_a_guide_with_escapes(tmp_path: Path) -> None:
    guide = tmp_path / f"{FILE}.csv"
    guide.write_text(f"A line{EVIL}\nItem,Port,Protocol,Direction,Target\nx{EVIL},80,TCP,<,y{EVIL}\n", encoding="utf-8")
    out = tmp_path / f"draft{FILE}.yaml"
    assert "\\x1b" in printed("import", str(guide), "-o", str(out), "--title", f"T{EVIL}", code=0)
    assert not RAW.search(out.read_text(encoding="utf-8"))
    assert "\\x1b" in printed("import", str(guide), "-o", str(out), code=2)
