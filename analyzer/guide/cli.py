"""The commands ``rules import`` and ``rules confirm``. Everything heavy is imported when a command runs."""

import sys
from pathlib import Path

import click


@click.command("import")
@click.argument("guide", metavar="GUIDE")
@click.option("--pages", metavar="PAGES", help="Pages to read, as a viewer counts them: 191-194 or 191,194.")
@click.option(
    "-o", "--output", "out", default="draft.yaml", show_default=True, metavar="FILE", help="The draft to write."
)
@click.option("--title", metavar="TEXT", help="What citations call the guide; its file name, unless given.")
@click.option("--id", "pack_id", default="own-guide", show_default=True, metavar="ID", help="The id of the pack.")
@click.option(
    "--words", multiple=True, metavar="FILE", help="Further headings, signs and names of roles. May be repeated."
)
@click.option("--seconds", type=click.FloatRange(1), default=120.0, show_default=True, metavar="S",
              help="Seconds that reading may take at most.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def import_command(
    guide: str,
    pages: str | None,
    out: str,
    title: str | None,
    pack_id: str,
    words: tuple[str, ...],
    seconds: float,
    *,
    force: bool,
) -> None:
    """Read a table of ports from a guide (PDF, text, HTML, CSV, xlsx, ods) and write a draft of a rule pack.

    A draft judges nothing. 'rules confirm' shows its rows beside the pages, asks what is open, and makes an overlay
    of it.

    Exit codes: 0 a draft was written; 2 the file cannot be read, or has no such table.
    """
    from analyzer.guide.importing import Import, import_guide, pages_of  # noqa: PLC0415
    from analyzer.guide.summary import lines  # noqa: PLC0415
    from analyzer.guide.writing import draft_text  # noqa: PLC0415
    from analyzer.output import prepare_file, write_file  # noqa: PLC0415
    from analyzer.text import visible  # noqa: PLC0415

    path = Path(out)
    prepare_file(path, force=force)
    how = Import(words, title, pack_id, seconds)
    draft = import_guide(Path(guide), pages_of(pages) if pages else None, how)
    write_file(path, [draft_text(draft).encode("utf-8")], [Path(guide)])
    for line in lines(draft, out):
        click.echo(visible(line))


@click.command("confirm")
@click.argument("draft", metavar="DRAFT")
@click.option("--text", is_flag=True, help="Ask in the terminal instead of a browser.")
@click.option("--guide", metavar="FILE", help="The guide, for pictures of its rows; looked for beside the draft.")
@click.option("--by", metavar="NAME", help="Who confirms; the overlay says it.")
@click.option("--on", metavar="DATE", help="When, as YYYY-MM-DD; the overlay says it.")
@click.option(
    "--answer", "answers", multiple=True, metavar="ID=TEXT", help="Answer a question (q3=tcp). May be repeated."
)
@click.option(
    "-o", "--output", "out", metavar="FILE", help="The overlay to write; the draft's name with -overlay, unless given."
)
@click.option("--force", is_flag=True, help="Write over an overlay that is there.")
def confirm_command(
    draft: str,
    guide: str | None,
    by: str | None,
    on: str | None,
    answers: tuple[str, ...],
    out: str | None,
    *,
    text: bool,
    force: bool,
) -> None:
    """Go through a draft: each row beside the page that it came from, and the questions that are open.

    Answers are stored in the draft at once. When no question is open, an overlay is written.
    Without --text or --answer a page is served to this machine's browser alone, until it is closed or done.

    Exit codes: 0 the overlay was written; 1 something is still open; 2 the draft is wrong.
    """
    from analyzer.guide.confirm.command import Options, run  # noqa: PLC0415

    options = Options(
        Path(draft), Path(guide) if guide else None, by, on, answers, Path(out) if out else None, force=force
    )
    sys.exit(run(options, text=text))
