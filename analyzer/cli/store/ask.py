"""``dpm-analyzer store ask``: a question in SQL."""

from pathlib import Path

import click

from analyzer.cli import completion, options
from analyzer.cli.program import importing, print_lines
from analyzer.cli.store.add import folder

FORMATS = ("table", "csv", "json", "parquet")


@click.command("ask")
@folder
@click.argument("question", metavar="SQL")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to write the answer."
)
@click.option(
    "-o", "--output", default="", metavar="FILE", shell_complete=completion.files, help="Write the answer there."
)
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@options.quiet
def command(folder: str, question: str, *, form: str, output: str, force: bool, quiet: bool) -> None:  # noqa: PLR0913 - an argument for each option
    """Answer a question in SQL from the last report of each site.

    The views are flows, findings, rows, boots, captures and hosts. The question is one SELECT; it can read nothing
    else and write nothing. It needs DuckDB (extra sql).
    """
    if form == "parquet" and not output:
        raise click.UsageError("--format parquet needs -o FILE.")
    with importing():
        from analyzer.output import prepare_file, write_file
        from analyzer.render.command import answer
        from analyzer.store.folder import locked
        from analyzer.store.questions import answer as answer_of
        from analyzer.store.reporting import listed, manifest_of_store
        from analyzer.store.tables import open_tables, outdated

    root = Path(folder)
    if output:
        prepare_file(Path(output), force=force)
    with locked(root, writing=False):
        manifest = manifest_of_store(root)
        tables = open_tables(root, manifest)
    if not quiet and (sites := outdated(manifest)):
        print_lines([f"captures were added since the last report, or there is none yet: {listed(sites)}"])
    written = answer.FORMATS[form](answer_of(tables, question))
    if output:
        write_file(Path(output), [written], [])
    else:
        click.echo(written.decode(), nl=False)
