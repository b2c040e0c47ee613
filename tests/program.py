"""The program as its users run it, in this process."""

import io
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str | Path) -> Result:
    """Run ``dpm-analyzer ARGUMENTS``; an unexpected exception is raised, not swallowed."""
    from analyzer.cli import main  # noqa: PLC0415 - each test pays for what it runs
    from analyzer.cli.program import INTERNAL_ERROR  # noqa: PLC0415

    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code != INTERNAL_ERROR, result.stderr
    return result


def read_table(source: Path | io.StringIO) -> pd.DataFrame:
    """A table as it was written: every cell is text, an empty one is empty."""
    return pd.read_csv(source, dtype=str, keep_default_na=False, lineterminator="\n")


def flows(captures: Sequence[Path], *options: str) -> pd.DataFrame:
    """What ``dpm-analyzer flows`` prints of these captures, every cell as text."""
    result = run("flows", *options, *captures)
    assert result.exit_code == 0, result.stderr
    return read_table(io.StringIO(result.stdout))


def project_files() -> list[Path]:
    """Every file that is or would be committed."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files belong to the project cannot be told")
    listed = subprocess.run(
        [git, "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
