"""The page on which a draft is confirmed: text from the guide is escaped, and no script is on it or may run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from analyzer.guide.answers import FIELDS
from analyzer.guide.confirm.pictures import Pictures
from analyzer.guide.confirm.session import Session
from analyzer.guide.wording import details_text, flow_text, where_text
from analyzer.rules.draft import DraftRule, Question, ReadFrom
from analyzer.text import visible

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1a1a1a;background:#fff}
main{max-width:70rem;margin:0 auto;padding:1rem}
section.row{border:1px solid #767676;border-radius:4px;padding:.5rem 1rem;margin:1rem 0}
img{max-width:100%;border:1px solid #999}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;font-weight:bold}
th,td{border:1px solid #bbb;padding:.2rem .4rem;text-align:left;vertical-align:top}
th,td{white-space:pre-wrap;overflow-wrap:anywhere}
tr.likely td{background:#fff6d6}tr.open td{background:#ffe0dc}
.question{background:#eef4ff;padding:.5rem;margin:.5rem 0;border-left:4px solid #1c5bb8}
.answered{border-left-color:#2a7a3a}.message{background:#e7f6e9;padding:.5rem}.problem{background:#fff0d0;padding:.5rem}
.flow{font-family:ui-monospace,monospace;overflow-wrap:anywhere}label{margin-right:1rem}input,select,button{font:inherit}
"""


@dataclass(frozen=True)
class Beside:
    """What is shown beside the draft: pictures or why there are none, and who confirms when, as far as it is known."""

    pictures: Pictures
    why: str = ""
    by: str | None = None
    on: str | None = None


@dataclass(frozen=True)
class _Flow:
    text: str
    details: list[str]
    known: str | None


@dataclass(frozen=True)
class _Row:
    number: int
    page: int
    item: str | None
    pictures: list[str]
    read: list[tuple[str, ReadFrom]]
    flows: list[_Flow]
    questions: list[Question]


def _shown(value: Any) -> str:
    """A text with every character that cannot be seen written as an escape; new lines stay."""
    return "\n".join(visible(line) for line in str(value).split("\n"))


def _final(value: Any) -> Any:
    return value if isinstance(value, Markup) else _shown("" if value is None else value)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_final,
)


def page(session: Session, beside: Beside, message: str = "") -> str:
    """The page as it is now."""
    draft = session.draft
    first: dict[int, DraftRule] = {}
    for rule in draft.rules:
        first.setdefault(rule.row, rule)
    of_row = {rule.id: rule.row for rule in draft.rules}
    common = [one for one in draft.questions if len({of_row[row] for row in one.rows}) > 1]
    rows = [_row(number, first[number], rules, session, beside.pictures) for number, rules in session.rows()]
    return _ENVIRONMENT.get_template("page.html").render(
        draft=draft, rows=rows, common=common, waiting=session.open(), why=beside.why, message=message,
        by=beside.by, on=beside.on, fields=FIELDS,
        style=Markup(STYLE), ask=_ask, where=where_text,
    )  # fmt: skip


def _row(number: int, first: DraftRule, rules: list[DraftRule], session: Session, pictures: Pictures) -> _Row:
    mine = {rule.id for rule in session.draft.rules if rule.row == number}
    flows = [_Flow(flow_text(rule), details_text(rule), rule.in_table) for rule in rules]
    asked = [one for one in session.draft.questions if one.rows and set(one.rows) <= mine]
    shown = [picture for (row, _), picture in sorted(pictures.items()) if row == number]
    item = next((rule.item for rule in rules if rule.item), first.item)
    return _Row(number, first.page, item, shown, sorted(first.read.items()), flows, asked)


def _ask(question: Question) -> Markup:
    """A question as a form."""
    state = "question answered" if question.answer is not None else "question"
    given = question.answer if question.answer is not None else question.proposed or ""
    read = Markup("<br>read: <q>{}</q>").format(_shown(question.read)) if question.read else Markup("")
    return Markup(
        '<form class="{}" id="{}" method="post" action="answer"><input type="hidden" name="question" value="{}">'
        "<label>{}: {}{}<br>{}</label> <button>Store</button></form>"
    ).format(state, question.id, question.id, question.id, _shown(question.ask), read, _input(question, given))


def _input(question: Question, given: str) -> Markup:
    if question.choices and "roles" not in question.field:
        options = Markup("").join(
            Markup("<option{}>{}</option>").format(Markup(" selected") if one == given else "", one)
            for one in ("", *question.choices)
        )
        return Markup('<select name="text">{}</select>').format(options)
    hint = f"one or several of: {', '.join(question.choices)}" if question.choices else ""
    return Markup('<input name="text" size="60" maxlength="2000" value="{}"> {}').format(escape(_shown(given)), hint)
