"""Confirming a draft: the commands, the page, and what its server refuses."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from analyzer.cli import main
from analyzer.cli.program import Terminated
from analyzer.guide import limits
from analyzer.guide.confirm.page import Beside
from analyzer.guide.confirm.pictures import pictures_of
from analyzer.guide.confirm.server import ConfirmServer, serve
from analyzer.guide.confirm.session import Session, open_session
from analyzer.rules import load_table

GUIDE = Path(__file__).parent / "pdf" / "simple-en-office-ruled.pdf"
HOSTILE = """\
Item,Program,Port No.,Protocol,Direction,Connecting Target,Port No.,Program
"<script>alert(1)</script>","=cmd|' /c calc'!A1",80,TCP,<,"<img src=x onerror=alert(2)>",Automatic,\u202eexe.x
"""


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    copy(GUIDE, tmp_path / GUIDE.name)
    path = tmp_path / "draft.yaml"
    done = CliRunner().invoke(
        main, ["rules", "import", str(tmp_path / GUIDE.name), "-o", str(path), "--title", "Edge guide"]
    )
    assert done.exit_code == 0, done.output
    assert "3 printed rows" in done.output
    return path


def confirm(*words: str, given: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(main, ["rules", "confirm", *words], input=given)
    return done.exit_code, done.output


def test_from_a_guide_to_an_overlay_in_the_terminal(draft: Path) -> None:
    code, said = confirm(str(draft), "--text", "--by", "Taro", given="connected\nother\nother\n")
    assert code == 0, said
    assert "Row 1, p. 1: Content download" in said
    out = draft.with_name("draft-overlay.yaml")
    table = load_table([str(out)])
    assert table.rule("time").responder.port == 123
    assert table.packs[-1].provenance.source == "Edge guide"


def test_what_is_open_stays_open(draft: Path) -> None:
    code, said = confirm(str(draft), "--text", given="later\nstop\n")
    assert code == 1
    assert "3 questions are open" in said
    assert not draft.with_name("draft-overlay.yaml").exists()


def test_answers_on_the_command_line_are_stored(draft: Path) -> None:
    assert confirm(str(draft), "--answer", "q1=connected")[0] == 1
    code, said = confirm(str(draft), "--answer", "q2=other", "--answer", "q3=other")
    assert code == 0, said
    assert confirm(str(draft), "--answer", "q2=nobody")[0] == 2
    assert confirm(str(draft), "--answer", "q2")[0] == 2


def test_an_overlay_is_not_written_over(draft: Path) -> None:
    answers = [f"--answer={one}" for one in ("q1=connected", "q2=other", "q3=other")]
    assert confirm(str(draft), *answers)[0] == 0
    code, said = confirm(str(draft), *answers)
    assert code == 2
    assert "the file exists" in said
    assert confirm(str(draft), *answers, "--force")[0] == 0


def test_a_pack_is_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text("version: 1\nkind: overlay\n", encoding="utf-8")
    code, said = confirm(str(path), "--text")
    assert code == 2
    assert "not a draft" in said


@pytest.fixture
def server(draft: Path) -> Iterator[ConfirmServer]:
    session = open_session(draft, None, force=False)
    yield from served(session)


def served(session: Session) -> Iterator[ConfirmServer]:
    pictures, why = pictures_of(session.draft, session.guide)
    with ConfirmServer(session, Beside(pictures, why)) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield running
        running.shutdown()


def get(address: str, **headers: str) -> str:
    return str(urlopen(Request(address, headers=headers), timeout=20).read().decode("utf-8"))


def post(server: ConfirmServer, action: str, **form: str) -> str:
    with urlopen(server.address + action, data=urlencode(form).encode("ascii"), timeout=20) as answer:
        text = answer.read().decode("utf-8")
    found = re.search(r'role="status">(.*?)</p>', text, re.DOTALL)
    assert found
    return found[1]


def test_the_page_shows_each_row_beside_its_picture(server: ConfirmServer) -> None:
    page = get(server.address)
    assert page.count('<img alt="Row') == 3
    assert "Content download over TLS" in page
    assert "<script" not in page


def test_answers_from_the_page_make_the_overlay(server: ConfirmServer) -> None:
    assert "is not one of the choices" in post(server, "answer", question="q1", text="nobody")
    for name, text in (("q1", "connected"), ("q2", "other"), ("q3", "other")):
        assert "stored" in post(server, "answer", question=name, text=text)
    assert "corrected" in post(server, "correct", row="3", field="connected.port", text="124")
    assert not server.done.is_set()
    assert "written" in post(server, "finish", by="Hanako", on="")
    assert server.done.wait(5)
    assert load_table([str(server.session.out)]).rule("time").responder.port == 124


def test_going_on_later_ends_the_server(server: ConfirmServer) -> None:
    assert "start the same command again" in post(server, "leave")
    assert server.done.wait(5)
    assert not server.session.written


@pytest.mark.parametrize(
    ("path", "headers"),
    [("", {"Host": "guide.example"}), ("", {"Origin": "http://guide.example"}), ("../", {}), ("pages/1", {})],
)
def test_strangers_are_refused(server: ConfirmServer, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(HTTPError) as refused:
        get(server.address + path, **headers)
    with refused.value as answer:
        assert answer.code == 404


def test_a_form_has_a_size(server: ConfirmServer) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(server.address + "answer", data=b"x" * 70_000, timeout=20)
    with refused.value as answer:
        assert answer.code == 413


def test_text_from_the_guide_is_escaped(tmp_path: Path) -> None:
    guide, path = tmp_path / "guide.csv", tmp_path / "draft.yaml"
    guide.write_text(HOSTILE, encoding="utf-8")
    assert CliRunner().invoke(main, ["rules", "import", str(guide), "-o", str(path)]).exit_code == 0
    assert "\u202e" not in path.read_text(encoding="utf-8")
    session = open_session(path, None, force=False)
    page = ConfirmServer(session, Beside({}))
    try:
        shown = page.shown()
    finally:
        page.server_close()
    assert "<script" not in shown
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_another_file_of_the_same_name_gives_no_pictures(draft: Path) -> None:
    (draft.parent / GUIDE.name).write_bytes(GUIDE.read_bytes() + b"\n")
    session = open_session(draft, None, force=False)
    pictures, why = pictures_of(session.draft, session.guide)
    assert not pictures
    assert "SHA-256 differs" in why


ANSWERS = [f"--answer={one}" for one in ("q1=connected", "q2=other", "q3=other")]


@pytest.mark.parametrize("named", [True, False], ids=["named", "beside the draft"])
def test_the_guide_is_not_replaced_by_the_overlay(draft: Path, named: bool) -> None:
    guide = draft.parent / GUIDE.name
    before = guide.read_bytes()
    code, said = confirm(str(draft), *ANSWERS, *(["--guide", str(guide)] if named else []), "-o", str(guide), "--force")
    assert code == 2
    assert "choose another place with -o" in said
    assert guide.read_bytes() == before


def test_the_draft_is_not_replaced_by_the_overlay(draft: Path) -> None:
    code, said = confirm(str(draft), *ANSWERS, "-o", str(draft), "--force")
    assert code == 2
    assert "choose another place with -o" in said
    assert open_session(draft, None, force=False).draft.kind == "draft"


def test_a_file_of_words_is_not_replaced_by_the_draft(tmp_path: Path) -> None:
    words = tmp_path / "words.yaml"
    words.write_text("version: 1\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["rules", "import", str(GUIDE), "--words", str(words), "-o", str(words), "--force"])
    assert done.exit_code == 2
    assert "choose another place with -o" in done.output
    assert words.read_text(encoding="utf-8") == "version: 1\n"


def test_rows_without_a_picture_are_said(draft: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session(draft, None, force=False)
    pictures, why = pictures_of(session.draft, session.guide)
    assert (len(pictures), why) == (3, "")
    monkeypatch.setattr(limits, "MAX_PICTURES", 2)
    fewer, why = pictures_of(session.draft, session.guide)
    assert fewer.items() < pictures.items()
    assert why == "Only the first 2 of 3 pictures were made: compare the other rows with the guide."


def refused(request: Request) -> int:
    """The status with which the server refuses."""
    with pytest.raises(HTTPError) as answer:
        urlopen(request, timeout=20)
    with answer.value as error:
        return error.code


WRONG_TOKENS: dict[str, Callable[[str], str]] = {
    "other": lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
    "shorter": lambda token: token[:-1],
    "longer": lambda token: token + "a",
    "none": lambda token: token[:0],
    "other case": str.swapcase,
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("change", WRONG_TOKENS.values(), ids=WRONG_TOKENS)
def test_without_the_token_nothing_is_shown_or_changed(
    server: ConfirmServer, method: str, change: Callable[[str], str]
) -> None:
    page = "" if method == "GET" else "answer"
    address = f"http://{server.host}/{change(server.token)}/{page}"
    form = None if method == "GET" else urlencode({"question": "q1", "text": "connected"}).encode("ascii")
    assert refused(Request(address, data=form, method=method)) == 404
    assert all(one.answer is None for one in server.session.draft.questions)
    assert all(one.answer is None for one in open_session(server.session.path, None, force=False).draft.questions)


def test_a_form_with_too_many_fields_is_refused(server: ConfirmServer, capfd: pytest.CaptureFixture[str]) -> None:
    form = urlencode({f"f{number}": "x" for number in range(11)}).encode("ascii")
    assert refused(Request(server.address + "answer", data=form)) == 400
    assert "Traceback" not in capfd.readouterr().err
    assert "stored" in post(server, "answer", question="q1", text="connected")


def test_a_signal_ends_the_command_with_its_own_code(draft: Path) -> None:
    command = [sys.executable, "-m", "analyzer", "rules", "confirm", str(draft)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline().startswith("Open this address")
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 143
    assert "Traceback" not in said


def test_ctrl_c_ends_the_server_and_another_signal_the_program(draft: Path) -> None:
    session = open_session(draft, None, force=False)

    def stopped_by(error: BaseException) -> None:
        lines: list[str] = []

        def say(line: str) -> None:
            lines.append(line)
            if len(lines) == 2:  # the server waits from here on
                raise error

        serve(session, Beside({}), say)
        assert lines[2:] == [""]

    stopped_by(KeyboardInterrupt())
    with pytest.raises(Terminated):
        stopped_by(Terminated(signal.SIGTERM))
