"""``dpm-analyzer explain``: why a flow has its verdict, or a row its status."""

import click

from analyzer.cli import completion, options


@click.command("explain")
@options.folder
@click.argument("identifier", metavar="[ID]", required=False)
@click.option(
    "--row",
    "rule",
    metavar="RULE",
    shell_complete=completion.rules,
    help="Explain a row of the table instead of a flow.",
)
@click.option("--machine", metavar="MACHINE", help="With --row: for this managed machine only.")
@click.option("--all", "distant", is_flag=True, help="List the rows for other services too.")
def command(folder: str, identifier: str | None, rule: str | None, machine: str | None, *, distant: bool) -> None:
    """Explain the verdict of a flow, row by row and field by field.

    ID is a flow or a finding, or the beginning of its identifier (at least 4 characters). Of a finding the first flow
    is explained; of a missing row the row.

    With --row, explain the status of a row of the table, and what would satisfy it.
    """
    if (identifier is None) == (rule is None):
        raise click.UsageError("Give either an ID (flows.csv and findings.csv list them) or --row RULE.")
    if machine is not None and rule is None:
        raise click.UsageError("--machine needs --row.")
    from analyzer import pipeline
    from analyzer.explain import saved
    from analyzer.render.command import explain
    from analyzer.render.shared.screen import console

    report = pipeline.load(folder)
    flow = None
    if identifier is not None:
        flow, rule, machine = saved.named_by(report, identifier)
    if flow:
        explain.print_explanation(saved.explain_flow(report, flow), distant=distant, out=console())
    elif rule is not None:
        click.echo(explain.row_text(saved.explain_row(report, rule, machine)), nl=False)
