"""What a command imports, by name: help imports no tables, and no command imports a compiler that it does not use.

The tests compare names, not seconds: names are the same on every machine.
"""

import os
import sys
from pathlib import Path
from subprocess import run

import click
import pytest

from analyzer.cli import main
from tests.program import ROOT

SITE = ROOT / "sample_pcaps" / "lab" / "site.yaml"
CAPTURE = ROOT / "sample_pcaps" / "lab" / "clean_segB.pcap"

COMMAND = {"analyzer", "click"}
PROFILES = {"annotated_types", "pydantic", "pydantic_core", "ruamel", "typing_extensions", "typing_inspection"}
TABLES = {"cloudpickle", "cython_runtime", "dateutil", "numpy", "pandas", "pyarrow", "pytz", "six", "tzdata"}
"""pandas with what it brings along; on Windows the table of time zones, too. pyarrow imports cloudpickle where it
is installed: the extra fleet brings it along."""
CAPTURES = {"lz4", "zstandard"}
REPORT = {
    *("PIL", "cycler", "jinja2", "kiwisolver", "markupsafe", "matplotlib", "mpl_toolkits"),
    *("fontTools", "packaging", "pyparsing", "rich"),
}

COMMANDS = [
    (name, *rest)
    for name, command in main.commands.items()
    for rest in ([(), *((word,) for word in command.commands)] if isinstance(command, click.Group) else [()])
]

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
        *(((*words, "--help"), COMMAND) for words in COMMANDS),
        (("rules", "show"), COMMAND | PROFILES),
        (("rules", "check"), COMMAND | PROFILES),
        (("rules", "diff", "dpm", "dpm"), COMMAND | PROFILES),
        (("rules", "export", "--site", str(SITE), "--to", "windows-firewall"), COMMAND | PROFILES),
        (("flows", str(CAPTURE)), COMMAND | PROFILES | TABLES | CAPTURES),
    ],
    ids=lambda value: " ".join(value).replace(str(CAPTURE), "CAPTURE") if isinstance(value, tuple) else "",
)
def test_a_command_imports_what_it_needs(words: tuple[str, ...], allowed: set[str]) -> None:
    assert imported(*words) <= allowed


@pytest.mark.parametrize(
    "module", ["analyzer.explain.saved", "analyzer.compliance.judge", "analyzer.report.build", "analyzer.difference"]
)
def test_what_reads_no_capture_imports_no_decompression(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True, cwd=ROOT)
    names = done.stdout.split()
    assert module in names
    assert not CAPTURES & set(names)
    assert not [name for name in names if name.startswith("analyzer.capture.sources")]


def test_the_commands_of_a_group_are_imported_when_they_are_called() -> None:
    code = "import sys; from analyzer.cli import main; main.commands['rules'].commands['show']; print(*sys.modules)"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True, cwd=ROOT)
    loaded = {name for name in done.stdout.split() if name.startswith("analyzer.cli.")}
    assert "analyzer.cli.rules.show" in loaded
    assert not loaded & {"analyzer.cli.rules.check", "analyzer.cli.analyze", "analyzer.cli.site"}


def test_two_reports_are_compared_without_charts_and_pages(tmp_path: Path) -> None:
    imported("analyze", "--no-dissect", str(CAPTURE), "--out", str(tmp_path / "report"))
    names = imported("diff", str(tmp_path / "report"), str(tmp_path / "report"))
    assert names <= COMMAND | PROFILES | TABLES | CAPTURES | {"rich"}


def test_a_small_capture_is_judged_without_a_compiler(tmp_path: Path) -> None:
    names = imported("analyze", "--no-dissect", str(CAPTURE), "--out", str(tmp_path / "report"))
    assert names <= COMMAND | PROFILES | TABLES | CAPTURES | REPORT


def test_a_capture_is_judged_without_modules_of_other_tasks(tmp_path: Path) -> None:
    code = ASKED.replace('name.partition(".")[0] for name in sys.modules', "name for name in sys.modules")
    words = ("analyze", "--no-dissect", str(CAPTURE), "--out", str(tmp_path / "report"))
    done = run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    names = done.stderr.splitlines()[-1].split()
    assert "analyzer.report.build" in names
    tasks = (
        "host_evidence",
        "program_verdicts",
        "rules.draft",
        "extract",
        "explain.agreement",
        "guide",
        "seal",
        "store",
    )
    assert not [name for name in names if name.startswith(tuple(f"analyzer.{task}" for task in tasks))]


@pytest.mark.parametrize("own", ["", "2"], ids=["by default", "set by the user"])
def test_numpy_starts_no_threads_for_matrices(own: str) -> None:
    """No command multiplies matrices, and threads that wait for such work use the cores of others."""
    code = (
        "import os, sys\n"
        "found = []\n"
        "sys.addaudithook(lambda event, words: event == 'import' and words[0] == 'numpy'"
        " and found.append(os.environ.get('OPENBLAS_NUM_THREADS')))\n"
        "from analyzer.cli import run\n"
        "import atexit\n"
        "atexit.register(lambda: print(*set(found), file=sys.stderr))\n"
        "run()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    environment |= {"OPENBLAS_NUM_THREADS": own} if own else {}
    done = run(
        [sys.executable, "-c", code, "flows", str(CAPTURE)],
        capture_output=True, text=True, timeout=300, check=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    assert done.stderr.split() == [own or "1"]
