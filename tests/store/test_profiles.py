"""Several site profiles: each site of a store has the one of its name."""

from pathlib import Path

import pytest

from tests.command.test_command import files
from tests.program import run
from tests.stores import LAB

CHECKED = ("--no-dissect", "--fail-on", "none", "-q")
CAPTURE = LAB / "dirty_server.pcap"


def profile(folder: Path, name: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text((LAB / "site.yaml").read_text().replace("name: lab\n", f"name: {name}\n"))
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites with the same capture."""
    made = tmp_path_factory.mktemp("made") / "store"
    for site in ("osaka", "tokyo"):
        assert run("store", "add", made, CAPTURE, "--site-name", site, "-q").exit_code == 0
    return made


def test_of_several_profiles_a_site_has_that_of_its_name(store: Path, tmp_path: Path) -> None:
    osaka, tokyo = profile(tmp_path, "osaka"), profile(tmp_path, "tokyo")
    chosen = ("--site-name", "tokyo", "--site", osaka, "--site", tokyo)
    assert run("store", "report", store, *chosen, *CHECKED, "--out", tmp_path / "one").exit_code == 0
    assert run("analyze", CAPTURE, "--site", tokyo, *CHECKED, "--out", tmp_path / "two").exit_code == 0
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_a_single_profile_may_have_any_name(store: Path, tmp_path: Path) -> None:
    chosen = ("--site-name", "tokyo", "--site", LAB / "site.yaml")
    assert run("store", "report", store, *chosen, *CHECKED, "--out", tmp_path / "one").exit_code == 0
    assert run("analyze", CAPTURE, "--site", LAB / "site.yaml", *CHECKED, "--out", tmp_path / "two").exit_code == 0
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_profiles_that_name_no_site_and_two_of_one_name(store: Path, tmp_path: Path) -> None:
    osaka, other = profile(tmp_path, "osaka"), profile(tmp_path, "tokio")
    (tmp_path / "again").mkdir()
    for given, sentence in (
        ((osaka, other), "none of the profiles has the name of the site, 'tokyo': did you mean 'tokio'?"),
        ((osaka, profile(tmp_path / "again", "osaka")), "2 profiles have the name 'osaka'"),
    ):
        options = [word for path in given for word in ("--site", path)]
        result = run("store", "report", store, "--site-name", "tokyo", *options, "--out", tmp_path / "out")
        assert (result.exit_code, sentence in result.stderr) == (2, True), result.stderr
        assert not (tmp_path / "out").exists()
