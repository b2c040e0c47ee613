"""What a user installs: the wheel, alone in an empty environment, runs the real command."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.program import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def command(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run it away from the source tree, so that nothing is imported from there."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    done = command(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


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
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"analyzer", "dpm_analyzer"}
    shipped = {path.name for path in (ROOT / "rules").glob("*.yaml")}
    assert {Path(name).name for name in names if name.startswith("analyzer/rules/packs/")} == shipped
    assert "dpm.yaml" in shipped


def test_the_installed_command_analyses_a_sample(environment: Path, tmp_path: Path) -> None:
    lab = ROOT / "sample_pcaps" / "lab"
    done = command(
        environment / "dpm-analyzer", "analyze", lab / "dirty_server.pcap",
        "--site", lab / "site.yaml", "--out", "report",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    for name in ("report.html", "report.md", "report.json", "flows.csv", "findings.csv", "rows.csv", "boots.csv"):
        assert (tmp_path / "report" / name).stat().st_size > 0


def test_the_package_comes_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    done = command(environment / "python", "-c", "import analyzer; print(analyzer.__file__)", cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(environment.parent)
