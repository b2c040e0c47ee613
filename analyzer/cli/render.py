"""``dpm-analyzer render``: the files of a report, made again from its document."""

from dataclasses import dataclass
from pathlib import Path

import click

from analyzer.cli import completion, options
from analyzer.cli.program import print_lines
from analyzer.render.formats import FORMATS


@dataclass(frozen=True)
class RenderRequest:
    """The options of ``render``."""

    folder: str
    name: str
    out: str | None
    bom: bool
    paper: str | None
    force: bool


@click.command("render")
@options.folder
@click.option(
    "--format",
    "name",
    type=click.Choice([each.name for each in FORMATS]),
    default="html",
    show_default=True,
    help="; ".join(
        f"{each.name}: {each.summary}"
        + (f" (extra {each.extra})" if each.extra else "")
        + (f" (needs {each.program})" if each.program else "")
        for each in FORMATS
    )
    + ".",
)
@click.option(
    "-o",
    "--output",
    "out",
    metavar="FILE",
    shell_complete=completion.files,
    help="The file to write, for a format of one file. Without it, the files are written into DIR.",
)
@click.option(
    "--bom",
    is_flag=True,
    help="Of csv: the tables for Excel, in the folder excel, with a byte order mark.",
)
@click.option(
    "--paper",
    type=click.Choice(["A4", "Letter"], case_sensitive=False),
    help="Of pdf: the size of its pages. Without it: `A4`.",
)
@click.option("--force", is_flag=True, help="Overwrite a file of -o, or a review workbook that was filled in.")
@options.as_object(RenderRequest)
def command(given: RenderRequest) -> None:
    """Make the files of one format again from the saved document, without the captures."""
    from analyzer import pipeline
    from analyzer.output import prepare_file, write, write_file
    from analyzer.render import RenderOptions, files_of
    from analyzer.render.shared.chart_process import Drawings

    form = next(each for each in FORMATS if each.name == given.name)
    refuse_options_of_others(given)
    folder, out = Path(given.folder), given.out
    if out is not None:
        if len(form.files) > 1:
            raise click.UsageError(f"-o is for formats of one file; {given.name} has several.")
        prepare_file(Path(out), force=given.force)
    asked = RenderOptions(bom=given.bom, sheet="Letter" if given.paper == "Letter" else "A4")
    report = pipeline.load(given.folder)
    drawings = Drawings(report)
    files = files_of(given.name, report, asked, drawings)
    if given.name == "charts":
        print_lines(options.font_warning(drawings.missing, given.folder))
    if out is not None:
        write_file(Path(out), files.values(), [folder / "report.json"])
        print_lines([out], err=False)
        return
    if form.extra and not given.force:
        refuse_filled_in(folder, files)
    print_lines(map(str, write(folder, files.items())), err=False)


def refuse_options_of_others(given: RenderRequest) -> None:
    """Refuse an option of another format."""
    if given.bom and given.name != "csv":
        raise click.UsageError("--bom is for --format csv.")
    if given.paper and given.name != "pdf":
        raise click.UsageError("--paper is for --format pdf.")


def refuse_filled_in(folder: Path, files: dict[str, bytes]) -> None:
    """Refuse to replace a file that people write into, unless it is as it would be written."""
    from analyzer.errors import OutputError

    for name, content in files.items():
        path = folder / name
        if path.is_file() and path.read_bytes() != content:
            raise OutputError(
                f"{path}: this file was changed, or is of another report: choose another with -o, or overwrite it with "
                "--force"
            )
