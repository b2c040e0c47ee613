"""The sdist and the wheel that users get; the wheel runs the real command in an environment without other packages."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.program import ROOT, project_files

ANALYZED = ("report.html", "report.md", "report.json", "flows.csv", "findings.csv", "rows.csv", "boots.csv")
# What each shell's own script makes of `dpm-analyzer ren<Tab>`.
PRESSED = {
    "bash": """
        eval "$(_DPM_ANALYZER_COMPLETE=bash_source dpm-analyzer)"
        COMP_WORDS=(dpm-analyzer ren) COMP_CWORD=1
        _dpm_analyzer_completion dpm-analyzer
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        compdef() { }
        _describe() { print -l -- ${completions_with_descriptions%%:*} }
        _DPM_ANALYZER_COMPLETE=zsh_source dpm-analyzer > script
        commands[dpm-analyzer]=1 words=(dpm-analyzer ren) CURRENT=2
        source ./script
        _dpm_analyzer_completion
    """,
    "fish": """
        _DPM_ANALYZER_COMPLETE=fish_source dpm-analyzer | source
        complete --do-complete 'dpm-analyzer ren'
    """,
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def command(*words: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it away from the source tree, so that nothing is imported from there."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd, env=clean | variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def build(kind: str, tree: Path, out: Path) -> Path:
    done = command(sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", out, tree, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked."""
    packed = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    (only,) = folder.iterdir()
    return only


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it; what the wheel depends on is lent by this one, through a path file."""
    home = tmp_path_factory.mktemp("environment")
    assert command(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home).returncode == 0
    python = home / "venv" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--quiet")
    done = command(*pip, "--no-deps", "--no-index", wheel, cwd=home)
    assert done.returncode == 0, done.stderr
    (packages,) = (home / "venv" / "lib").glob("python*/site-packages")
    lent = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (packages / "lent.pth").write_text("\n".join(lent) + "\n")
    return home / "venv" / "bin"


def test_the_wheel_holds_the_package_and_the_rules_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    files = {path.relative_to(ROOT).as_posix() for path in project_files()}
    package = {name for name in files if name.startswith("analyzer/")}
    packs = {f"analyzer/rules/packs/{Path(name).name}" for name in files if name.startswith("rules/")}
    assert {"analyzer/py.typed", "analyzer/render/templates/report.html"} <= package
    assert "analyzer/rules/packs/dpm.yaml" in packs
    assert {name for name in names if ".dist-info/" not in name} == package | packs


def test_the_sdist_holds_the_project(sdist: Path) -> None:
    held = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    files = {path.relative_to(ROOT).as_posix() for path in project_files()}
    assert held == {name for name in files if not name.startswith(".ci/")} | {"PKG-INFO"}


def test_the_wheel_is_the_same_from_the_sdist(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    again = build("wheel", sdist, tmp_path)
    assert (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())


def test_the_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        head, _, body = archive.read(name).decode("utf-8").partition("\n\n")
    stated = {"Requires-Python: <3.14,>=3.11", "License-Expression: MIT", "Description-Content-Type: text/markdown"}
    assert stated <= set(head.splitlines())
    assert body.strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()


def test_what_the_readme_shows_and_links_to_is_in_the_sdist(sdist: Path) -> None:
    text = (sdist / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    assert len(links) > 5
    assert not [link for link in links if not (sdist / link).exists()]


def test_the_installed_command_analyses_a_sample(environment: Path, tmp_path: Path) -> None:
    lab = ROOT / "sample_pcaps" / "lab"
    done = command(
        environment / "dpm-analyzer", "analyze", lab / "dirty_server.pcap",
        "--site", lab / "site.yaml", "--out", "report",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    for name in ANALYZED:
        assert (tmp_path / "report" / name).stat().st_size > 0


def test_without_tshark_everything_else_is_done_and_reported(environment: Path, tmp_path: Path) -> None:
    lab = ROOT / "sample_pcaps" / "lab"
    done = command(
        environment / "dpm-analyzer", "analyze", lab / "dirty_segB.pcap",
        "--site", lab / "site.yaml", "--out", "report",
        cwd=tmp_path, PATH=str(environment),
    )  # fmt: skip
    if Path("/Applications/Wireshark.app").exists():
        pytest.skip("tshark is found without PATH here")
    assert done.returncode == 1, done.stderr
    answer, first, *rest = done.stdout.splitlines()
    assert answer == "NOT COMPLIANT"
    assert "3 flows should not exist" in first
    then = next(line for line in rest if line.startswith("warning: "))
    assert then.startswith("warning: Nothing was dissected: tshark was not found (install")
    for name in ANALYZED:
        assert (tmp_path / "report" / name).stat().st_size > 0


@pytest.mark.parametrize("shell", PRESSED)
def test_a_shell_completes(environment: Path, shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = f"{environment}{os.pathsep}{os.environ['PATH']}"
    done = command(shell, "-c", PRESSED[shell], cwd=tmp_path, PATH=path)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["render"], done.stdout + done.stderr


def test_the_package_comes_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    done = command(environment / "python", "-c", "import analyzer; print(analyzer.__file__)", cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(environment.parent)
