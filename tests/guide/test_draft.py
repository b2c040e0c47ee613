"""A draft is refused by what judges, linted and printed by what shows, and becomes an overlay when it is answered."""

from pathlib import Path

import pytest

from analyzer.errors import RulesError
from analyzer.guide.answers import AnswerError, answered, corrected, resolved, still_open
from analyzer.guide.importing import Import
from analyzer.guide.overlay import OverlayError, overlay
from analyzer.guide.writing import draft_text, pack_text
from analyzer.rules import check, load_table
from analyzer.rules.draft import Draft, Question
from analyzer.rules.draft_files import read_draft
from analyzer.values import Role
from tests.guide.conftest import Reader
from tests.guide.page_like_the_guide import FIRST, LAST

TABLE = """\
| Item | Program | Port No. | Protocol | Direction | Connecting Target | Port No. | Program |
|---|---|---|---|---|---|---|---|
| Restore *7 | restore.exe | 9000 | UDP | > | Managed machine | 9001 | agent.exe |
| Operation without a DHCP Server | bootd.exe | 9100 | QUIC | < | Edge node | Automatic | |
| Power ON | \\Program Files\\NEC\\DeploymentManager\\magicsend.exe | Automatic | UDP | > | Managed machine *3 | 5561 | |
"""


@pytest.fixture
def draft(read_text: Reader) -> Draft:
    return read_text(TABLE, pages=[192], how=Import(title="Our guide, Appendix A"))


@pytest.fixture
def path(draft: Draft, tmp_path: Path) -> Path:
    file = tmp_path / "draft.yaml"
    file.write_text(draft_text(draft), encoding="utf-8")
    return file


def question(draft: Draft, field: str) -> str:
    return next(one.id for one in draft.questions if one.field.startswith(field))


def finished(draft: Draft) -> Draft:
    draft = answered(draft, question(draft, "protocol"), "udp")
    return answered(draft, question(draft, "roles:"), "managed-machine, other")


def test_what_is_asked(draft: Draft) -> None:
    asked = [(one.field, one.rows) for one in draft.questions]
    assert asked == [
        ("protocol", ("operation-without-a-dhcp-server",)),
        ("roles:edgenode", ("operation-without-a-dhcp-server",)),
    ]
    assert [rule.in_table for rule in draft.rules] == [None, None, "power-on"]


def test_a_draft_is_the_same_when_it_is_written_and_read(draft: Draft, path: Path) -> None:
    checked = read_draft(path)
    assert not checked.issues
    assert checked.value == draft
    assert draft_text(draft) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [FIRST, LAST, LAST.replace("ICMP ECHO (ping)", "QUIC")], ids=["first", "last", "open"])
def test_a_draft_with_sentences_is_the_same_when_it_is_written_and_read(
    read_text: Reader, tmp_path: Path, page: str
) -> None:
    draft = read_text(page, pages=[194])
    file = tmp_path / "sentences.yaml"
    file.write_text(draft_text(draft), encoding="utf-8")
    checked = read_draft(file)
    assert not checked.issues
    assert checked.value == draft


def test_no_capture_is_judged_by_a_draft(path: Path) -> None:
    with pytest.raises(RulesError, match=r"rules confirm") as refused:
        load_table([str(path)])
    assert refused.value.issues[0].line == 5


def test_a_draft_is_linted(path: Path) -> None:
    (issue,) = check([str(path)])
    assert issue.severity == "warning"
    assert "2 questions are open on 3 rows" in str(issue)
    path.write_text(path.read_text(encoding="utf-8").replace("protocol: udp", "protocol: quic", 1), encoding="utf-8")
    assert "error" in {issue.severity for issue in check([str(path)])}


def test_an_overlay_needs_every_answer(draft: Draft) -> None:
    with pytest.raises(OverlayError, match=r"2 questions are open \(q1, q2\)"):
        overlay(draft)


def test_a_finished_draft_becomes_an_overlay_that_the_table_takes(draft: Draft, tmp_path: Path) -> None:
    pack = overlay(finished(draft), by="Hanako", on="2026-11-28")
    file = tmp_path / "overlay.yaml"
    file.write_text(pack_text(pack), encoding="utf-8")
    assert not [issue for issue in check([str(file)]) if issue.severity == "error"]
    before, table = load_table(), load_table([str(file)])
    rule = table.rule("restore")
    assert table.citation(rule) == "Our guide, Appendix A, p. 192, Restore *7"
    assert rule.originator.port == 9000
    assert [one.name for one in rule.responder.executables] == ["agent.exe"]
    assert len(table.rules) == len(before.rules) + 2
    gone = {one.item for one in before.not_covered} - {one.item for one in table.not_covered}
    assert gone == {"Restore", "Operation without a DHCP Server"}
    confirmation = table.packs[-1].provenance.confirmation
    assert confirmation is not None
    assert (confirmation.sha256, confirmation.by, confirmation.on) == (draft.guide.sha256, "Hanako", "2026-11-28")
    assert confirmation.rows["restore"].page == 192
    assert confirmation.rows["restore"].lines == (9, 16)


def test_answers_are_checked(draft: Draft) -> None:
    for name, text, said in (
        ("q1", "sctp", "not one of the choices"),
        ("q2", "somebody", "not a list of roles"),
        ("q9", "tcp", "there is no question 'q9'"),
        ("q1", "x" * 3000, "at most"),
    ):
        with pytest.raises(AnswerError, match=said):
            answered(draft, name, text)
    assert len(still_open(answered(draft, "q1", "tcp"))) == 1
    assert len(still_open(answered(answered(draft, "q1", "tcp"), "q1", ""))) == 2


def test_an_answer_may_make_several_flows_of_a_row(draft: Draft) -> None:
    both = corrected(answered(draft, "q1", "tcp and udp"), 2, "server.port", "9100, 9101")
    rows = [rule for rule in resolved(both) if rule.row == 2]
    assert [(rule.protocol, rule.responder.port) for rule in rows] == [
        ("tcp", 9100), ("tcp", 9101), ("udp", 9100), ("udp", 9101),
    ]  # fmt: skip
    assert len({rule.id for rule in rows}) == 4


def test_a_correction_of_the_direction_turns_the_flow(draft: Draft) -> None:
    before = next(rule for rule in resolved(draft) if rule.row == 1)
    after = next(rule for rule in resolved(corrected(draft, 1, "direction", "<")) if rule.row == 1)
    assert (after.printed, after.originator, after.responder) == ("<", before.responder, before.originator)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("colour", "red", "give the number of a row"),
        ("server.port", "99999", "write a port"),
        ("page", "none", "number of a page"),
    ],
)
def test_corrections_are_checked(draft: Draft, field: str, text: str, said: str) -> None:
    with pytest.raises(AnswerError, match=said):
        corrected(draft, 1, field, text)


def test_a_row_can_be_left_out(draft: Draft) -> None:
    without = corrected(corrected(draft, 2, "keep", "no"), 1, "keep", "no")
    assert not still_open(without)
    with pytest.raises(OverlayError, match="no overlay is needed"):
        overlay(without)


def test_roles_can_be_corrected(draft: Draft) -> None:
    named = corrected(draft, 2, "target.roles", "dhcp-server")
    assert next(rule for rule in resolved(named) if rule.row == 2).originator.roles == (Role.DHCP_SERVER,)


def test_a_word_file_of_the_user_adds_names(read_text: Reader, tmp_path: Path) -> None:
    more = tmp_path / "words.yaml"
    more.write_text(
        "version: 1\nroles: {managed-machine: [Edge node]}\nprotocols: {quic: {transport: [udp]}}\n", encoding="utf-8"
    )
    assert not read_text(TABLE, pages=[192], how=Import(words=(str(more),))).questions


def test_a_second_protocol_that_is_not_known_is_asked_about(read_text: Reader) -> None:
    draft = read_text(TABLE.replace("| UDP | > | Managed machine |", "| UDP, SCTP | > | Managed machine |", 1))
    (asked,) = [one for one in draft.questions if one.field == "protocol" and "restore" in one.rows]
    assert "a word of the cell is not known" in asked.ask
    assert (asked.read, asked.proposed) == ("UDP, SCTP", "udp")


def test_a_port_in_brackets_is_asked_about(read_text: Reader) -> None:
    draft = read_text(TABLE.replace("| 9001 |", "| 9001 (9443 for SSL) |"))
    (asked,) = [one for one in draft.questions if one.field == "target.port"]
    assert asked.read == "9001 (9443 for SSL)"


MANY = "5001, 5002, 5003, 5004, 5005, 5006, 5007, 5008, 5009"


def test_a_row_with_too_many_flows_is_one_row_with_its_ports_open(read_text: Reader) -> None:
    row = f"| Restore | x.exe | {MANY} | UDP | > | Managed machine | {MANY}, 6000 | agent.exe |"
    draft = read_text("\n".join([*TABLE.splitlines()[:2], row]), pages=[192])
    (rule,) = draft.rules
    assert (rule.originator.port, rule.responder.port) == (None, None)
    asked = {one.field: one for one in draft.questions}
    assert {"server.port", "target.port"} <= set(asked)
    assert "more than 64 flows" in asked["server.port"].ask
    assert asked["target.port"].read == f"{MANY}, 6000"
    assert rule.read["target.port"].sure == "open"
    full = answered(answered(draft, asked["server.port"].id, "5001"), asked["target.port"].id, "5001, 6000")
    assert [one.responder.port for one in resolved(full)] == [5001, 6000]


def test_a_row_with_as_many_flows_as_the_limit_keeps_its_ports(read_text: Reader) -> None:
    ports = "5001, 5002, 5003, 5004, 5005, 5006, 5007, 5008"
    row = f"| Restore | x.exe | {ports} | UDP | > | Managed machine | {ports.replace('50', '60')} | agent.exe |"
    draft = read_text("\n".join([*TABLE.splitlines()[:2], row]), pages=[192])
    assert len({(one.originator.port, one.responder.port) for one in draft.rules}) == 64
    assert not [one for one in draft.questions if one.field.endswith("port")]


def test_one_column_of_ports_has_the_same_limit(read_text: Reader) -> None:
    head = "| Item | Port | Protocol | Direction | Target |\n|---|---|---|---|---|\n"
    many = ", ".join(str(port) for port in range(7001, 7017))
    three = read_text(head + f"| x | {many} | TCP, UDP | both | Managed machine |\n", pages=[192])
    assert len(three.rules) == 64
    with_icmp = read_text(head + f"| x | {many} | TCP, UDP, ICMP | both | Managed machine |\n", pages=[192])
    assert {rule.responder.port for rule in with_icmp.rules} == {None}
    assert "connected.port" in {one.field for one in with_icmp.questions}


TWO_COLUMNS = """\
| Item | Server program | Server module | Server port | Protocol | Direction | Target | Target port |
|---|---|---|---|---|---|---|---|
| Restore | {} | {} | 9000 | UDP | > | Managed machine | 9001 |
"""


def test_two_columns_of_programs_keep_where_each_was_read(read_text: Reader) -> None:
    (rule,) = read_text(TWO_COLUMNS.format("first.exe", "second.exe"), pages=[192]).rules
    assert [one.name for one in rule.originator.executables] == ["first.exe", "second.exe"]
    assert rule.read["server.executables"].text == "first.exe"
    assert rule.read["server.executables.2"].text == "second.exe"


@pytest.mark.parametrize("cells", [("a.exe TCP 80", "second.exe"), ("first.exe", "b.exe TCP 80")])
def test_a_doubt_in_either_column_of_programs_is_asked_about(read_text: Reader, cells: tuple[str, str]) -> None:
    draft = read_text(TWO_COLUMNS.format(*cells), pages=[192])
    (asked,) = [one for one in draft.questions if one.field == "server.executables"]
    assert asked.read == " | ".join(cells)
    assert sorted(one.sure for name, one in draft.rules[0].read.items() if "executables" in name)[-1] == "open"


def test_a_remark_beside_a_program_is_in_the_note_of_the_row(read_text: Reader) -> None:
    draft = read_text(TABLE.replace("restore.exe", "restore.exe (only with option X)"), pages=[192])
    assert [one.name for one in draft.rules[0].originator.executables] == ["restore.exe"]
    assert "only with option X" in str(draft.rules[0].note)
    pack = overlay(finished(draft))
    assert "only with option X" in str(pack.rules[0].note)


MORE_WORDS = """\
version: 1
roles: {command-line: [Operator PC]}
systems: {linux: [Penguin]}
protocols: {QUIC: {transport: [udp]}, "x: y # z": {}, null: {}, "プロトコル": {application: http}}
sentences: ['(?P<source>[A-Z]+) talks to (?P<destination>[A-Z]+)']
"""


@pytest.fixture
def with_words(read_text: Reader, tmp_path: Path) -> Draft:
    more = tmp_path / "words.yaml"
    more.write_text(MORE_WORDS, encoding="utf-8")
    draft = read_text(TABLE, pages=[192], how=Import(words=(str(more),)))
    more.unlink()
    return draft


def test_a_draft_keeps_the_words_that_it_was_read_with(with_words: Draft, tmp_path: Path) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text(draft_text(with_words), encoding="utf-8")
    assert "words.yaml" not in draft_text(with_words)
    checked = read_draft(file)
    assert not checked.issues
    assert checked.value == with_words
    assert set(with_words.words[0].protocols) == {"QUIC", "x: y # z", "null", "プロトコル"}


def test_an_answer_is_read_with_the_words_of_the_import(with_words: Draft, draft: Draft) -> None:
    question = Question(id="q9", rows=("restore",), field="target.name", ask="?", answer="Operator PC")
    for read, roles in ((with_words, (Role.COMMAND_LINE,)), (draft, (Role.MANAGED_MACHINE,))):
        asked = read.model_copy(update={"questions": (question,)})
        assert resolved(asked)[0].responder.roles == roles
    programs = corrected(with_words, 1, "target.executables", "a.exe (Penguin)")
    assert [(one.name, one.os) for one in resolved(programs)[0].responder.executables] == [("a.exe", "linux")]


@pytest.mark.parametrize(
    ("sentence", "said"),
    [("(?P<source>.+", "is no regular expression"), ("(?P<source>.+) to (.+)", "needs the groups")],
)
def test_a_sentence_of_a_file_of_words_is_checked(read_text: Reader, tmp_path: Path, sentence: str, said: str) -> None:
    more = tmp_path / "words.yaml"
    more.write_text(f"version: 1\nsentences: ['{sentence}']\n", encoding="utf-8")
    with pytest.raises(RulesError, match=said) as refused:
        read_text(TABLE, pages=[192], how=Import(words=(str(more),)))
    assert refused.value.issues[0].line == 2
