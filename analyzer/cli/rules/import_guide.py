"""``dpm-analyzer rules import``: a table of ports out of a guide, as a draft of a rule pack."""

from dataclasses import dataclass
from pathlib import Path

import click

from analyzer.cli import completion, options
from analyzer.cli.program import print_lines


@dataclass(frozen=True)
class ImportOptions:
    """The options of the command, by their names."""

    guide: str
    pages: str | None
    out: str
    title: str | None
    pack_id: str
    words: tuple[str, ...]
    seconds: float
    force: bool


def sound_id(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """The id, checked before the guide is read."""
    from analyzer.rules.draft import is_id

    if not is_id(value):
        raise click.BadParameter(f"{value!r}: begin with a lower-case letter, then use these, digits and hyphens")
    return value


@click.command("import")
@click.argument("guide", metavar="GUIDE", shell_complete=completion.files)
@click.option("--pages", metavar="PAGES", help="Pages to read, as a viewer counts them: 191-194 or 191,194.")
@click.option(
    "-o", "--output", "out", default="draft.yaml", show_default=True, metavar="FILE", help="The draft to write."
)
@click.option("--title", metavar="TEXT", help="The name of the guide in citations. The default is its file name.")
@click.option(
    "--id",
    "pack_id",
    default="own-guide",
    show_default=True,
    metavar="ID",
    callback=sound_id,
    help="The id of the pack.",
)
@click.option(
    "--words", multiple=True, metavar="FILE", help="Further headings, signs and names of roles. Can be repeated."
)
@click.option(
    "--seconds",
    type=click.FloatRange(1),
    default=120.0,
    show_default=True,
    metavar="S",
    help="Read for at most S seconds.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@options.as_object(ImportOptions)
def command(asked: ImportOptions) -> None:
    """Read a table of ports from a guide (PDF, text, HTML, CSV, xlsx, ods) and write a draft of a rule pack.

    A draft judges nothing. 'rules confirm' shows its rows beside the pages, asks the open questions, and makes an
    overlay of it.

    Exit codes: 0 a draft was written; 2 the file cannot be read, or has no such table.
    """
    from analyzer.guide.importing import Import, import_guide, pages_of
    from analyzer.guide.summary import lines
    from analyzer.guide.writing import draft_text
    from analyzer.output import prepare_file, write_file

    path = Path(asked.out)
    prepare_file(path, force=asked.force)
    how = Import(asked.words, asked.title, asked.pack_id, asked.seconds)
    draft = import_guide(Path(asked.guide), pages_of(asked.pages) if asked.pages else None, how)
    write_file(path, [draft_text(draft).encode("utf-8")], [Path(asked.guide), *map(Path, asked.words)])
    print_lines(lines(draft, asked.out), err=False)
