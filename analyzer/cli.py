"""The command: parse, call, render, exit code."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from analyzer import __version__, completion
from analyzer.errors import AnalyzerError
from analyzer.guide.cli import confirm_command, import_command
from analyzer.progress import octets_of, progress, sizes_of

FINDINGS = ("unexpected", "blocked", "missing")
INCOMPLETE = 3
INTERRUPTED = 130


class Failure(click.ClickException):
    """An AnalyzerError as the user sees it: its sentence, and its exit code."""

    def __init__(self, error: AnalyzerError) -> None:
        super().__init__(str(error))
        setattr(self, "exit_code", error.exit_code)  # noqa: B010 - click declares a class variable, and reads the instance

    def show(self, file: Any = None) -> None:
        from analyzer.text import visible  # noqa: PLC0415

        for line in self.message.splitlines():
            click.echo(visible(line), file=file or sys.stderr)


class Program(click.Group):
    """Turns what can go wrong into a sentence: a traceback is never a user's message."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AnalyzerError as error:
            raise Failure(error) from error
        except KeyboardInterrupt:
            click.echo("interrupted; nothing was written", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dpm-analyzer")
def main() -> None:
    """Judge captured traffic of a DeploymentManager network against the vendor's table of expected ports.

    Exit codes: 0 nothing to report; 1 findings; 2 the command, the profile or a rule pack is wrong; 3 a capture cannot
    be read, or with --strict not whole.
    """
    # Arrow's own allocator keeps what it was given; the system's gives it to whoever asks next. Read when Arrow is.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


@contextmanager
def importing() -> Iterator[None]:
    """What is imported within stays to the end: no garbage is looked for among it, neither now nor later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def fail_on(_ctx: click.Context, _param: click.Parameter, value: str) -> frozenset[str]:
    return chosen(value, FINDINGS)


def chosen(value: str, kinds: tuple[str, ...]) -> frozenset[str]:
    """The words of a list with commas, each of them one of ``kinds``; none where it is ``none``."""
    words = {word.strip() for word in value.split(",") if word.strip()}
    if words == {"none"}:
        return frozenset()
    if not words:
        raise click.BadParameter(f"choose from {', '.join(kinds)}, or none")
    if unknown := words - set(kinds):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join(kinds)}, or none")
    return frozenset(words)


def kinds(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Completes the last of a list's words with what the list has not got yet."""
    *done, _ = begun.split(",")
    words = [*FINDINGS, *(() if done else ("none",))]
    return completion.beginning(begun, (",".join([*done, word]) for word in words if word not in done))


captures_argument = click.argument(
    "captures", nargs=-1, required=True, metavar="CAPTURE...", shell_complete=completion.files
)
rules_option = click.option(
    "--rules",
    "packs",
    multiple=True,
    metavar="FILE",
    shell_complete=completion.packs,
    help="A rule pack, or the id of a shipped one (oem-hitachi). May be repeated.",
)

outer_option = click.option(
    "--outer", is_flag=True, help="Leave tunnels closed: show the flows between their ends, not those inside."
)


resync_option = click.option(
    "--resync",
    is_flag=True,
    help="Go on behind damage inside a capture, where frames follow one another again; what was skipped is told.",
)
limit_option = click.option("--max-flows", type=click.IntRange(1), default=2_000_000, show_default=True, metavar="N",
                            help="Flows that are kept at most; frames of later ones are set aside.")  # fmt: skip
strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Exit with 3, after all is written, where a capture was left out, is damaged or lost packets.",
)
color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour; auto is on a terminal, unless NO_COLOR is set.",
)
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Print nothing but errors; the exit code says what was found."
)
verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Tell on standard error what is done and how long it took."
)


@main.command()
@captures_argument
@click.option("--site", metavar="FILE", shell_complete=completion.files,
              help="The site profile: who is who. Without one, roles are inferred.")  # fmt: skip
@rules_option
@click.option("--out", default="dpm-analyzer-report", show_default=True, metavar="DIR",
              shell_complete=completion.folders, help="The report folder.")  # fmt: skip
@click.option("--expect", multiple=True, metavar="ITEM", shell_complete=completion.rules,
              help="An item or rule that the captures must show. May be repeated.")  # fmt: skip
@click.option("--no-dissect", is_flag=True, help="Judge by headers alone; tshark is not needed.")
@click.option("--dissect-frames", type=click.IntRange(1), default=10_000, show_default=True, metavar="N",
              help="Frames that tshark looks into at most, those that matter most.")  # fmt: skip
@click.option("--dissect-seconds", type=click.FloatRange(1), default=60, show_default=True, metavar="S",
              help="Seconds that tshark may take at most.")  # fmt: skip
@outer_option
@click.option("--fail-on", callback=fail_on, default=",".join(FINDINGS), show_default=True, metavar="KINDS",
              shell_complete=kinds, help="Kinds of findings that make the exit code 1, or none.")  # fmt: skip
@resync_option
@limit_option
@strict_option
@click.option("--force", is_flag=True, help="Write into a folder that holds something.")
@click.option("--json-lines", is_flag=True, help="Print the summary and each finding as a line of JSON.")
@color_option
@quiet_option
@verbose_option
def analyze(  # type: ignore[no-untyped-def]
    captures,
    site,
    packs,
    out,
    expect,
    no_dissect,
    dissect_frames,
    dissect_seconds,
    outer,
    fail_on,
    resync,
    max_flows,
    strict,
    force,
    json_lines,
    color,
    quiet,
    verbose,
):
    """Judge captures and write the report folder.

    CAPTURE is a file, a folder (searched for captures), or - for standard input. Several are one body of evidence.
    """
    if quiet and (verbose or json_lines):
        raise click.UsageError("--quiet goes with neither --verbose nor --json-lines.")
    from analyzer.output import prepare, write  # noqa: PLC0415 - nothing heavy before it is needed
    from analyzer.render.drawings import Painter  # noqa: PLC0415

    prepare(Path(out), force=force)
    sizes = sizes_of(captures)
    with Painter(octets_of(sizes)) as painter, progress(lambda: sizes, quiet=quiet, verbose=verbose) as tell:
        with importing():
            from analyzer import api  # noqa: PLC0415
            from analyzer.compliance.selection import Budget  # noqa: PLC0415

        report = api.analyze(
            captures,
            site=site,
            rules=packs,
            expect=expect,
            dissect=not no_dissect,
            budget=Budget(dissect_frames, dissect_seconds),
            outer=outer,
            resync=resync,
            max_flows=max_flows,
            progress=tell,
        )
        tell("writing the report", 0)
        drawings = painter.begin(report)
        from analyzer.render import everything, lines, terminal  # noqa: PLC0415 - while the charts are drawn

        write(Path(out), everything(report, drawings))
    page = str(Path(out) / "report.html")
    if verbose:
        click.echo(terminal.counts(report), err=True)
    if json_lines:
        click.echo(lines.text(report, page), nl=False)
    elif not quiet:
        terminal.show(report, page, terminal.console(color=color))
    if strict and report.meta.incomplete:
        sys.exit(INCOMPLETE)
    found = set(report.findings["verdict"]) & fail_on
    sys.exit(1 if found else 0)


@main.command()
@captures_argument
@outer_option
@resync_option
@limit_option
@strict_option
@quiet_option
@verbose_option
def flows(
    captures: tuple[str, ...], *, outer: bool, resync: bool, max_flows: int, strict: bool, quiet: bool, verbose: bool
) -> None:
    """Print the flow table alone, as CSV."""
    with importing():
        from analyzer import api  # noqa: PLC0415
        from analyzer.flows.told import losses  # noqa: PLC0415
        from analyzer.render import csv  # noqa: PLC0415
        from analyzer.report.flows import plain_frame  # noqa: PLC0415
        from analyzer.text import visible  # noqa: PLC0415

    with progress(lambda: sizes_of(captures), quiet=quiet, verbose=verbose) as tell:
        evidence = api.flow_table(captures, outer=outer, resync=resync, max_flows=max_flows, progress=tell)
    for text in () if quiet else losses(evidence):
        click.echo(visible(text), err=True)
    click.echo(csv.octets(plain_frame(evidence)), nl=False)
    if strict and evidence.incomplete:
        sys.exit(INCOMPLETE)


@main.command()
@click.argument("folder", metavar="DIR", shell_complete=completion.folders)
@click.argument("flow", metavar="FLOW", required=False)
@click.option("--row", "rule", metavar="RULE", shell_complete=completion.rules,
              help="Explain a row of the table instead of a flow.")  # fmt: skip
@click.option("--machine", metavar="MACHINE", help="With --row: for this managed machine alone.")
def explain(folder: str, flow: str | None, rule: str | None, machine: str | None) -> None:
    """Why a flow of a report has its verdict: every row considered, field by field; or, with --row, what became of a
    row of the table and what would satisfy it."""
    if (flow is None) == (rule is None):
        raise click.UsageError("Give a FLOW (flows.csv lists them) or --row RULE, one of the two.")
    if machine is not None and rule is None:
        raise click.UsageError("--machine goes with --row.")
    from analyzer import api  # noqa: PLC0415
    from analyzer.render import explain as renderer  # noqa: PLC0415
    from analyzer.report import saved  # noqa: PLC0415

    report = api.load(folder)
    if flow is not None:
        click.echo(renderer.text(saved.explain_flow(report, flow)), nl=False)
    elif rule is not None:
        click.echo(renderer.row_text(saved.explain_row(report, rule, machine)), nl=False)


@main.command()
@click.argument("folder", metavar="DIR", shell_complete=completion.folders)
@click.argument("captures", nargs=-1, metavar="[CAPTURE]...", shell_complete=completion.files)
@click.option("--finding", "findings", multiple=True, metavar="ID", help="A finding, as findings.csv names it.")
@click.option("--flow", "flows", multiple=True, metavar="ID", help="A flow, as flows.csv names it.")
@click.option("--verdict", "verdicts", multiple=True, metavar="WORD", shell_complete=completion.verdicts,
              help="All flows of a verdict (unexpected).")  # fmt: skip
@click.option("-o", "--output", "out", default="evidence.pcapng", show_default=True, metavar="FILE",
              shell_complete=completion.files, help="The capture to write, or - for standard output.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def extract(  # type: ignore[no-untyped-def]
    folder, captures, findings, flows, verdicts, out, force
):
    """Write the packets behind findings, flows or verdicts of a report as pcapng, each flow's first one with a comment
    that says why it is there.

    CAPTURE is a file that was analysed, or a folder that holds such files (the current one unless told otherwise). They
    are known by the SHA-256 that the report has of them, whatever they are called now. What --finding, --flow and
    --verdict name is taken together; each may be repeated.
    """
    from analyzer import api  # noqa: PLC0415
    from analyzer.extract import Choice  # noqa: PLC0415
    from analyzer.output import prepare_file, write_file  # noqa: PLC0415

    choice = Choice(flows, findings, verdicts)
    if not (flows or findings or verdicts):
        raise click.UsageError("Say what to extract: --finding ID, --flow ID or --verdict WORD.")
    if out == "-" and sys.stdout.isatty():
        raise click.UsageError("A capture is nothing for a terminal: name a file with -o, or pipe it on.")
    if out != "-":
        prepare_file(Path(out), force=force)
    with progress() as tell:
        done = api.extract(
            folder,
            choice,
            captures or ["."],
            lambda octets, never: (
                sys.stdout.buffer.writelines(octets) if out == "-" else write_file(Path(out), octets, never)
            ),
            progress=tell,
        )
    click.echo(told_of(done, out), err=True)


def told_of(done: Any, out: str) -> str:
    """What was extracted, in one line."""
    from analyzer.text import visible  # noqa: PLC0415
    from analyzer.units import plural  # noqa: PLC0415

    more = f" and {plural(done.told, 'frame')} told with them" if done.told else ""
    names = ", ".join(done.captures) if len(done.captures) <= 3 else f"{len(done.captures)} captures"
    amounts = f"{plural(done.packets, 'packet')} of {plural(done.flows, 'flow')}"
    return visible(f"{amounts}{more}, from {names}: {out}")


KINDS = ("findings", "flows", "rows", "boots", "hosts", "basis")


def differing(_ctx: click.Context, _param: click.Parameter, value: str) -> frozenset[str]:
    return chosen(value, KINDS)


@main.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--format", "name", type=click.Choice(["text", "md", "json"]), default="text", show_default=True,
              help="For a terminal, for a ticket, or for programs.")  # fmt: skip
@click.option("--fail-on", callback=differing, default=",".join(KINDS[:-1]), show_default=True, metavar="KINDS",
              help="What makes the exit code 1 where it differs: findings, flows (conversations that are not "
              "background), rows, boots, hosts, basis; or none.")  # fmt: skip
@color_option
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors; the exit code says whether they differ.")
def diff(a: str, b: str, *, name: str, fail_on: frozenset[str], color: str, quiet: bool) -> None:
    """Say what is new, gone and changed from report A to report B: findings, conversations, rows of the table, boots,
    hosts.

    A and B are folders that analyze wrote. A conversation is two hosts and a service: ephemeral ports, times, counts
    and octets make no difference. What the reports themselves rest on (captures, profile, rules, version) is told
    first, where it is not the same.

    Exit codes: 0 nothing differs; 1 something does, of a kind in --fail-on; 2 wrong arguments, or no report there.
    """
    from analyzer import api  # noqa: PLC0415
    from analyzer.difference import difference  # noqa: PLC0415
    from analyzer.render import diff, diff_json, diff_md, screen  # noqa: PLC0415

    found = difference(api.load(a), api.load(b))
    if not quiet and name == "text":
        diff.show(found, (a, b), screen.console(color=color))
    elif not quiet:
        click.echo((diff_json if name == "json" else diff_md).text(found, (a, b)), nl=False)
    sys.exit(1 if any(found.differs(kind) for kind in fail_on) else 0)


@main.command()
@click.argument("folder", metavar="DIR", shell_complete=completion.folders)
@click.option(
    "--format",
    "name",
    default="html",
    show_default=True,
    metavar="FORMAT",
    shell_complete=completion.formats,
    help="html, md, json, csv, parquet, charts or sarif.",
)
def render(folder: str, name: str) -> None:
    """Make a report's files again from the saved document, without the captures."""
    from analyzer import api  # noqa: PLC0415
    from analyzer.output import write  # noqa: PLC0415
    from analyzer.render import FORMATS  # noqa: PLC0415

    if name not in FORMATS:
        raise click.BadParameter(f"{name!r}: choose from {', '.join(FORMATS)}", param_hint="--format")
    for path in write(Path(folder), FORMATS[name](api.load(folder)).items()):
        click.echo(path)


@main.group()
def rules() -> None:
    """The table of expected flows."""


@rules.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...", shell_complete=completion.files)
def rules_check(files: tuple[str, ...]) -> None:
    """Lint rule packs; without a FILE, those that are shipped."""
    from analyzer.rules import check  # noqa: PLC0415

    issues = check(files)
    for issue in issues:
        click.echo(str(issue))
    if any(issue.severity == "error" for issue in issues):
        sys.exit(2)
    click.echo(f"{len(issues)} warning{'s' * (len(issues) != 1)}, no error", err=True)


@rules.command("show")
@rules_option
def rules_show(packs: tuple[str, ...]) -> None:
    """Print the table in use, with its citations."""
    from analyzer.render import table  # noqa: PLC0415
    from analyzer.rules import load_table  # noqa: PLC0415

    click.echo(table.text(load_table(packs)), nl=False)


rules.add_command(import_command)
rules.add_command(confirm_command)


@main.group()
def site() -> None:
    """The site profile: who is who."""


@site.command("infer")
@captures_argument
@rules_option
@outer_option
@resync_option
@limit_option
@quiet_option
@verbose_option
def site_infer(
    captures: tuple[str, ...],
    packs: tuple[str, ...],
    *,
    outer: bool,
    resync: bool,
    max_flows: int,
    quiet: bool,
    verbose: bool,
) -> None:
    """Draft a site profile from what captures show, each line with its evidence."""
    from analyzer import api  # noqa: PLC0415
    from analyzer.flows.told import losses  # noqa: PLC0415
    from analyzer.render import draft  # noqa: PLC0415
    from analyzer.text import visible  # noqa: PLC0415

    with progress(lambda: sizes_of(captures), quiet=quiet, verbose=verbose) as tell:
        inferred, evidence = api.infer_site(
            captures, packs, outer=outer, resync=resync, max_flows=max_flows, progress=tell
        )
    for text in () if quiet else losses(evidence):
        click.echo(visible(text), err=True)
    click.echo(draft.text(inferred), nl=False)
