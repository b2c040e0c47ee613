"""Names of files, titles and ids that no file of YAML can hold as they are."""

import os
from pathlib import Path
from shutil import copy

import pytest
from click.testing import CliRunner

from analyzer.cli import main
from analyzer.guide.confirm.pictures import pictures_of
from analyzer.guide.confirm.session import open_session
from analyzer.guide.importing import Import, import_guide
from analyzer.guide.process import GuideError
from analyzer.guide.tables import Material, Page, Word, material_of, plain

GUIDE = Path(__file__).parent / "pdf" / "simple-en-office-ruled.pdf"


@pytest.mark.parametrize("name", [os.fsdecode(b"guide-\xff.pdf"), "案内\u3000図.pdf", "a\tb.pdf"], ids=ascii)
def test_a_guide_of_any_name_can_be_confirmed_with_its_pictures(tmp_path: Path, name: str) -> None:
    guide, path = tmp_path / name, tmp_path / "draft.yaml"
    copy(GUIDE, guide)
    done = CliRunner().invoke(main, ["rules", "import", str(guide), "-o", str(path)])
    assert done.exit_code == 0, done.output
    session = open_session(path, None, force=False)
    assert session.draft.guide.file == name.replace("\udcff", "\\udcff")
    assert session.guide == guide
    assert len(pictures_of(session.draft, session.guide)[0]) == 3


def test_a_title_of_any_octets_can_be_stored(tmp_path: Path) -> None:
    path = tmp_path / "draft.yaml"
    done = CliRunner().invoke(main, ["rules", "import", str(GUIDE), "-o", str(path), "--title", "案内\u3000T\udcff"])
    assert done.exit_code == 0, done.output
    assert open_session(path, None, force=False).draft.provenance.title == "案内\u3000T\\udcff"


@pytest.mark.parametrize("name", ["Bad Id", "", "1a", "a_b", "a\n", "ä"])
def test_an_id_is_checked_before_the_guide_is_read(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(main, ["rules", "import", str(tmp_path / "none.pdf"), "--id", name])
    assert done.exit_code == 2
    assert "Invalid value for '--id'" in done.output
    with pytest.raises(GuideError, match="is not an id"):
        import_guide(tmp_path / "none.pdf", None, Import(pack_id=name))


def test_parts_of_characters_do_not_pass_from_the_reader() -> None:
    word = Word("a\udc80\ud83d\ude00", 1, (0.0, 0.0, 1.0, 1.0))
    found = material_of(plain(Material("pdf", (Page(1, (word,)),), 1)))
    assert found.pages[0].words[0].text == "a\ufffd\U0001f600"
