"""What ``rules show`` prints of a draft."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.cli import main
from analyzer.errors import RulesError
from analyzer.guide.answers import answered, corrected
from analyzer.guide.confirm.page import Beside, page
from analyzer.guide.confirm.session import open_session
from analyzer.guide.writing import draft_text
from analyzer.rules import load_table
from analyzer.rules.draft import Draft
from tests.guide.conftest import Reader

GUIDE = """\
Network ports of our product

| Item | Program | Port No. | Protocol | Direction | Connecting Target | Port No. | Program |
|---|---|---|---|---|---|---|---|
| Restore *4 | restore.exe | 9000 | UDP | > | Managed machine | 9001 | agent.exe (only with option X) |
| Backup | backup.exe | 9100 | QUIC | < | Edge node | Automatic | |

*4 The port can be changed.
"""


@pytest.fixture
def draft(read_text: Reader) -> Draft:
    read = read_text(GUIDE, pages=[192])
    guide = read.guide.model_copy(update={"problems": ("page 192: it is skewed",)})
    note = read.footnotes[4].model_copy(update={"text": "The port can be changed.\n2) Change it in the settings."})
    return read.model_copy(update={"guide": guide, "footnotes": {4: note}})


def shown(draft: Draft, folder: Path, *more: str) -> str:
    path = folder / "draft.yaml"
    path.write_text(draft_text(draft), encoding="utf-8")
    done = CliRunner().invoke(main, ["rules", "show", "--rules", str(path), *more])
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def test_a_draft_is_shown(draft: Draft, tmp_path: Path) -> None:
    lines = shown(draft, tmp_path).splitlines()
    assert lines[:4] == [
        "own-guide (draft, not confirmed): guide.txt",
        f"  read from guide.txt (text), sha256 {draft.guide.sha256}",
        "  page 192: 25 lines read, 24 used, 1 in no row or footnote",
        "  page 192: it is skewed",
    ]
    for line in (
        "Row 1, p. 192: Restore",
        "    target.port          9001  [p. 192, line 16; cell of a text; certain]",
        "  = udp  dpm-server:9000 -> managed-machine:9001  (printed >) *4",
        "      responder: agent.exe",
        "      note: Printed beside a program: (only with option X)",
        "Row 2, p. 192: Backup",
        "  *4 (p. 192) The port can be changed.",
        "      2) Change it in the settings.",
        "Lines in no row or footnote",
        "  p. 192, line 1: Network ports of our product",
        "2 questions are open",
        "  q2 (backup): Which DPM role does 'Edge node' have? If several roles are possible, write them with commas.",
        "    read: QUIC",
        "    choices: tcp, udp, tcp and udp, icmp",
    ):
        assert line in lines, line


def test_the_page_of_confirm_shows_the_note_of_a_row(draft: Draft, tmp_path: Path) -> None:
    shown(draft, tmp_path)
    text = page(open_session(tmp_path / "draft.yaml", None, force=False), Beside({}))
    assert "note: Printed beside a program: (only with option X)" in text


def test_answers_are_applied_in_what_is_shown(draft: Draft, tmp_path: Path) -> None:
    text = shown(corrected(answered(draft, "q1", "tcp"), 1, "keep", "no"), tmp_path)
    assert "  = left out" in text
    assert "1 question is open" in text
    assert "  = tcp  (role?):any -> dpm-server:9100  (printed <)" in text


def test_a_draft_is_shown_beside_a_table_and_judges_nothing(draft: Draft, tmp_path: Path) -> None:
    text = shown(draft, tmp_path, "--rules", "oem-hitachi")
    assert text.index("Row 1, p. 192: Restore") < text.index("oem-hitachi (overlay")
    assert "managed-machine:9001" not in text[text.index("oem-hitachi (overlay") :]
    with pytest.raises(RulesError, match="cannot be used for judging"):
        load_table([str(tmp_path / "draft.yaml")])


def test_only_a_draft_is_shown_where_only_a_draft_is_given(draft: Draft, tmp_path: Path) -> None:
    assert "Power ON" not in shown(draft, tmp_path)


def test_a_draft_with_mistakes_is_not_shown(draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text(draft_text(draft).replace("protocol: udp", "protocol: quic"), encoding="utf-8")
    done = CliRunner().invoke(main, ["rules", "show", "--rules", str(path)])
    assert done.exit_code == 2
    assert "Row 1" not in done.output


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["rules", "show", "--rules", str(tmp_path / "none.yaml")])
    assert done.exit_code == 2
    assert "cannot be read" in done.output
