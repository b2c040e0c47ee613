"""``dpm-analyzer review apply``: the decisions of a review workbook, as waivers and attestations of a site profile."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli import completion
from analyzer.cli.program import print_lines

if TYPE_CHECKING:
    from analyzer.review.apply import Applied


@click.command("apply")
@click.argument("workbook", metavar="WORKBOOK", shell_complete=completion.files)
@click.option(
    "--site",
    "profile",
    required=True,
    metavar="FILE",
    shell_complete=completion.files,
    help="The site profile that gets the decisions. It is not changed.",
)
@click.option(
    "-o",
    "--output",
    "out",
    default="site.new.yaml",
    show_default=True,
    metavar="FILE",
    shell_complete=completion.files,
    help="The new profile.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
def command(workbook: str, profile: str, out: str, *, force: bool) -> None:
    """Write the decisions of a review workbook into a site profile.

    'accept' becomes a waiver, 'attest' an attestation; 'fix' and 'wrong' are counted. All mistakes in the workbook are
    listed with sheet, row and column, and nothing is written then.

    Exit codes: 0 the new profile was written; 2 the workbook or the profile is wrong, or has no decision.
    """
    from analyzer.output import prepare_file, write_file
    from analyzer.review.apply import apply_review

    path = Path(out)
    prepare_file(path, force=force)
    done = apply_review(Path(workbook), Path(profile))
    write_file(path, [done.octets], [Path(workbook), Path(profile)])
    print_lines(done.notes)
    print_lines(summary(done, out), err=False)


def summary(done: "Applied", out: str) -> list[str]:
    """What was written, and what is left."""
    from analyzer.units import plural

    made = f"{plural(done.waivers, 'waiver')} and {plural(done.attestations, 'attestation')} added: {out}"
    known = f"; {plural(done.known, 'decision')} in the profile already" if done.known else ""
    counts = [f"{done.decisions[word]:,} {word}" for word in ("accept", "attest", "fix", "wrong")]
    return [made + known, f"decisions: {', '.join(counts)}; lines without one: {done.undecided:,}"]
