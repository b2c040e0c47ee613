"""What a command imports, by name: whoever asks for help waits for no table, and nobody for a compiler in vain.

Names and no seconds: these are the same on every machine.
"""

import sys
from pathlib import Path
from subprocess import run

import pytest

from tests.program import ROOT

CAPTURE = ROOT / "sample_pcaps" / "lab" / "clean_segB.pcap"

COMMAND = {"analyzer", "click"}
PROFILES = {"annotated_types", "pydantic", "pydantic_core", "ruamel", "typing_extensions", "typing_inspection"}
TABLES = {"cython_runtime", "dateutil", "numpy", "pandas", "pyarrow", "pytz", "six"}
"""pandas with what it brings along."""
CAPTURES = {"lz4", "zstandard"}
REPORT = {
    *("PIL", "cycler", "jinja2", "kiwisolver", "markupsafe", "matplotlib", "mpl_toolkits"),
    *("fontTools", "packaging", "pyparsing", "rich"),
}

ASKED = """
import sys
from analyzer.cli import main
try:
    main()
finally:
    names = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
    print("IMPORTED", *sorted(name for name in names if not name.startswith("_")), file=sys.stderr)
"""


def imported(*words: str) -> set[str]:
    """The packages that a command has imported when it ends."""
    done = run(
        [sys.executable, "-c", ASKED, *words], capture_output=True, text=True, timeout=300, check=False, cwd=ROOT
    )
    last = done.stderr.splitlines()[-1].split()
    assert last[0] == "IMPORTED", done.stderr
    return set(last[1:])


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("--help",), COMMAND),
        (("analyze", "--help"), COMMAND),
        (("diff", "--help"), COMMAND),
        (("rules", "show"), COMMAND | PROFILES),
        (("rules", "check"), COMMAND | PROFILES),
        (("flows", str(CAPTURE)), COMMAND | PROFILES | TABLES | CAPTURES),
    ],
    ids=["help", "analyze --help", "diff --help", "rules show", "rules check", "flows"],
)
def test_a_command_imports_what_it_needs(words: tuple[str, ...], allowed: set[str]) -> None:
    assert imported(*words) <= allowed


def test_two_reports_are_compared_without_charts_and_pages(tmp_path: Path) -> None:
    imported("analyze", "--no-dissect", str(CAPTURE), "--out", str(tmp_path / "report"))
    names = imported("diff", str(tmp_path / "report"), str(tmp_path / "report"))
    assert names <= COMMAND | PROFILES | TABLES | CAPTURES | {"rich"}


def test_a_small_capture_is_judged_without_a_compiler(tmp_path: Path) -> None:
    names = imported("analyze", "--no-dissect", str(CAPTURE), "--out", str(tmp_path / "report"))
    assert names <= COMMAND | PROFILES | TABLES | CAPTURES | REPORT
