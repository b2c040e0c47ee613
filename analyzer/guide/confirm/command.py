"""``rules confirm``: by answers on the command line, in the terminal, or in the browser of this machine."""

from dataclasses import dataclass
from pathlib import Path

import click

from analyzer.guide.answers import AnswerError
from analyzer.guide.confirm.session import Session, open_session
from analyzer.guide.confirm.terminal import ask_all, show_rows
from analyzer.guide.draft_lines import question_lines
from analyzer.text import visible
from analyzer.units import plural


@dataclass(frozen=True)
class Options:
    """What the command was given."""

    draft: Path
    guide: Path | None = None
    by: str | None = None
    on: str | None = None
    answers: tuple[str, ...] = ()
    out: Path | None = None
    force: bool = False


def run(options: Options, *, text: bool) -> int:
    """Go through the draft; the exit code: 0 the overlay is written, 1 something is open.

    Raises:
        AnalyzerError: the draft, an answer or a file is wrong.
    """
    session = open_session(options.draft, options.out, force=options.force, guide=options.guide)
    for answer in options.answers:
        name, given, value = answer.partition("=")
        if not given:
            raise AnswerError(f"--answer {answer}: write it as q3=tcp")
        session.answer(name.strip(), value)
    if text or options.answers:
        if text:
            show_rows(session, click.echo)
            ask_all(session, _ask, click.echo)
        return _end(session, options)
    from analyzer.guide.confirm.page import Beside  # noqa: PLC0415 - nothing heavy before it is needed
    from analyzer.guide.confirm.pictures import pictures_of  # noqa: PLC0415 - nothing heavy before it is needed
    from analyzer.guide.confirm.server import serve  # noqa: PLC0415 - nothing heavy before it is needed

    pictures, why = pictures_of(session.draft, session.guide)
    serve(session, Beside(pictures, why, options.by, options.on), click.echo)
    if session.written:
        click.echo(visible(f"{session.out}: written; use it with --rules {session.out}"))
        return 0
    click.echo(
        f"{plural(len(session.open()), 'question is', 'questions are')} open; the answers are in "
        f"{visible(str(session.path))}"
    )
    return 1


def _ask(prompt: str) -> str:
    try:
        return str(click.prompt(prompt.strip() or ">", default="", show_default=False, prompt_suffix=" "))
    except click.Abort:
        return "stop"


def _end(session: Session, options: Options) -> int:
    waiting = session.open()
    if waiting:
        click.echo(f"{plural(len(waiting), 'question is', 'questions are')} open:")
        for question in waiting:
            for line in question_lines(question):
                click.echo(line)
        return 1
    out = session.finish(options.by, options.on)
    click.echo(visible(f"{out}: written; use it with --rules {out}"))
    return 0
