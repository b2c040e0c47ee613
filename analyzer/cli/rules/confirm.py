"""``dpm-analyzer rules confirm``: a person confirms a draft, which becomes an overlay."""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from analyzer.cli import completion, options


@dataclass(frozen=True)
class ConfirmOptions:
    """The options of the command, by their names."""

    draft: str
    text: bool
    guide: str | None
    by: str | None
    on: str | None
    answers: tuple[str, ...]
    out: str | None
    force: bool


@click.command("confirm")
@click.argument("draft", metavar="DRAFT", shell_complete=completion.files)
@click.option("--text", is_flag=True, help="Ask in the terminal instead of a browser.")
@click.option(
    "--guide",
    metavar="FILE",
    help="The guide, for pictures of its rows. Without it, the guide is searched in the folder of the draft.",
)
@click.option("--by", metavar="NAME", help="The person who confirms, for the overlay.")
@click.option("--on", metavar="DATE", help="The date, as YYYY-MM-DD, for the overlay.")
@click.option(
    "--answer", "answers", multiple=True, metavar="ID=TEXT", help="Answer a question (q3=tcp). Can be repeated."
)
@click.option(
    "-o",
    "--output",
    "out",
    metavar="FILE",
    help="The overlay to write. The default is the name of the draft (without -draft) plus -overlay.yaml.",
)
@click.option("--force", is_flag=True, help="Overwrite an overlay that exists.")
@options.as_object(ConfirmOptions)
def command(asked: ConfirmOptions) -> None:
    """Confirm a draft: each row beside the page that it came from, and the open questions.

    Answers are stored in the draft at once. When no question is open, an overlay is written.
    Without --text and --answer, the command serves a page to a browser on this machine only.
    It ends when the overlay is written, with "Continue later", with Ctrl-C, or after one hour without a request.

    Exit codes: 0 the overlay was written; 1 a question is still open; 2 the draft is wrong.
    """
    from analyzer.guide.confirm.command import Options, run

    chosen = Options(
        Path(asked.draft),
        Path(asked.guide) if asked.guide else None,
        asked.by,
        asked.on,
        asked.answers,
        Path(asked.out) if asked.out else None,
        force=asked.force,
    )
    sys.exit(run(chosen, text=asked.text))
