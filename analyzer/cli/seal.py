"""``dpm-analyzer seal``: the manifest of a report and its captures, with a time-stamp query; and the check of both."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli import completion, options
from analyzer.cli.program import INCOMPLETE, print_lines
from analyzer.progress import progress

if TYPE_CHECKING:
    from analyzer.seal import Deviation


@dataclass(frozen=True)
class SealRequest:
    """The options of ``seal``."""

    folder: str
    captures: tuple[str, ...]
    check: bool
    tsr: str | None
    roots: str | None
    force: bool


@click.command("seal")
@options.folder
@click.argument("captures", nargs=-1, metavar="[CAPTURE]...", shell_complete=completion.files)
@click.option("--check", is_flag=True, help="Compare the folder, and each CAPTURE, with the seal; write nothing.")
@click.option(
    "--tsr",
    metavar="FILE",
    shell_complete=completion.files,
    help="With --check: the answer of a time-stamping authority to seal/manifest.tsq (extra seal).",
)
@click.option(
    "--roots",
    metavar="PEM",
    shell_complete=completion.files,
    help="With --tsr: the certificates that you trust, the authority's root and those between.",
)
@click.option("--force", is_flag=True, help="Seal a folder that changed since it was sealed.")
@options.as_object(SealRequest)
def command(given: SealRequest) -> None:
    """Seal a report folder: write the SHA-256 of its files and captures, and a time-stamp query, into DIR/seal.

    A later change of any file is found by --check, or by sha256sum in the folder. An authority's answer to the query
    proves when the seal existed.

    Exit codes: 0 sealed, or everything is as it was sealed; 1 something is not; 2 no report there, no seal, or one that
    cannot be trusted; 3 a capture of the seal is not among those that are given.
    """
    if bool(given.tsr) != bool(given.roots):
        raise click.UsageError("--tsr and --roots belong together: an answer proves nothing without a trusted root.")
    if given.check and given.force:
        raise click.UsageError("--force is not for --check.")
    if given.check:
        sys.exit(check_seal(given))
    if given.captures or given.tsr:
        raise click.UsageError("CAPTURE and --tsr are for --check; the captures of a seal are those of the report.")
    write_seal(given.folder, force=given.force)


def write_seal(folder: str, *, force: bool) -> None:
    from analyzer.seal import seal
    from analyzer.seal.manifest import MANIFEST, QUERY
    from analyzer.units import plural

    made = seal(folder, force=force)
    print_lines((f"{folder}/{name}" for name in (MANIFEST, QUERY)), err=False)
    about = f"{plural(made.files, 'file')}, {plural(made.captures, 'capture')}; manifest SHA-256 {made.digest}"
    print_lines([f"{'sealed' if made.new else 'already sealed, and nothing changed'}: {about}"])
    print_lines(f"{name}: sealed as it is now; the report wrote another one" for name in made.edited)


def check_seal(given: SealRequest) -> int:
    """Print what is not as it was sealed; the exit code."""
    from analyzer.seal import check_answer, check_captures, check_folder
    from analyzer.units import plural

    checked = check_folder(given.folder)
    found: list[Deviation] = list(checked.deviations)
    about, refused = [plural(checked.files, "file")], 0
    if given.captures:
        with progress(quiet=False, verbose=False) as update:
            count, others = check_captures(given.folder, given.captures, update)
        found += others
        about.append(plural(count, "capture"))
    print_lines(map(str, found), err=False)
    if given.tsr and given.roots:
        stamp = check_answer(given.folder, checked.digest, Path(given.tsr), Path(given.roots))
        refused = int(bool(stamp.problem))
        proved = f"time stamp: {stamp.time}, policy {stamp.policy}"
        print_lines([f"time stamp refused: {stamp.problem}" if stamp.problem else proved], err=False)
    wrong = len(found) + refused
    print_lines([f"{', '.join(about)}: {plural(wrong, 'difference') if wrong else 'everything is as it was sealed'}"])
    if refused or any(one.state != "not found" for one in found):
        return 1
    return INCOMPLETE if found else 0
