"""``dpm-analyzer verify``: the captures of a report are judged again, and every difference is shown."""

import sys

import click

from analyzer.cli import completion, options
from analyzer.cli.program import print_lines
from analyzer.progress import progress


@click.command("verify")
@options.folder
@click.argument("captures", nargs=-1, metavar="[CAPTURE]...", shell_complete=completion.files, callback=options.expand)
@options.hosts
@options.quiet
@options.verbose
def command(folder: str, captures: tuple[str, ...], hosts: tuple[str, ...], *, quiet: bool, verbose: bool) -> None:
    """Judge the captures of a report again, and show every difference.

    CAPTURE is a file that was analysed, or a folder that contains such files (by default the current folder). Captures
    are identified by their SHA-256 in the report; their names do not matter. The rule packs, the profile and the
    options are those of the report. The other files that the tool writes are compared with its report.json.

    Exit codes: 0 nothing differs; 1 something differs; 2 no report there, or a damaged one; 3 a capture is missing.
    """
    from analyzer.units import plural
    from analyzer.verification import verify

    with progress(quiet=quiet, verbose=verbose) as update:
        saved, differences = verify(folder, captures or (".",), hosts, update)
    if not quiet:
        print_lines(map(str, differences), err=False)
        about = f"{plural(len(saved.meta.captures), 'capture')}, {plural(len(saved.flows), 'flow')}"
        found = plural(len(differences), "difference") if differences else "the report is what its captures give"
        print_lines([f"{about}: {found}"])
    sys.exit(1 if differences else 0)
