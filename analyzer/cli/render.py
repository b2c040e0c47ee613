"""``dpm-analyzer render``: the files of a report, made again from its document."""

from pathlib import Path

import click

from analyzer.cli import completion, options
from analyzer.cli.program import print_lines
from analyzer.render.formats import FORMATS


@click.command("render")
@options.folder
@click.option(
    "--format",
    "name",
    type=click.Choice([each.name for each in FORMATS]),
    default="html",
    show_default=True,
    help="; ".join(
        f"{each.name}: {each.summary}" + (f" (extra {each.extra})" if each.extra else "") for each in FORMATS
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
@click.option("--force", is_flag=True, help="Overwrite a file of -o, or a review workbook that was filled in.")
def command(folder: str, name: str, out: str | None, *, force: bool) -> None:
    """Make the files of one format again from the saved document, without the captures."""
    from analyzer import pipeline
    from analyzer.output import prepare_file, write, write_file
    from analyzer.render import files_of

    form = next(each for each in FORMATS if each.name == name)
    if out is not None:
        if len(form.files) > 1:
            raise click.UsageError(f"-o is for formats of one file; {name} has several.")
        prepare_file(Path(out), force=force)
    files = files_of(name, pipeline.load(folder))
    if out is not None:
        write_file(Path(out), files.values(), [Path(folder) / "report.json"])
        print_lines([out], err=False)
        return
    if form.extra and not force:
        refuse_filled_in(Path(folder), files)
    print_lines(map(str, write(Path(folder), files.items())), err=False)


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
