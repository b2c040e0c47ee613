"""What fuzzing starts from, and what it once found, without the fuzzer: every invariant holds."""

from pathlib import Path

import pytest

from tests.fuzz.invariants import check
from tests.fuzz.seeds import found, seeds, write

SEEDS = list(seeds())


@pytest.mark.parametrize("share", range(4))
def test_every_seed_holds(tmp_path: Path, share: int) -> None:
    for octets in SEEDS[share::4]:
        check(octets, tmp_path)


def test_seeds_are_small_and_written_once(tmp_path: Path) -> None:
    assert write(tmp_path / "seeds") == len(set(SEEDS)) > 150
    assert max(map(len, SEEDS)) <= 4096
    assert set(found()) <= set(SEEDS)
    words = (tmp_path / "seeds.dict").read_text(encoding="ascii").splitlines()
    assert len(words) > 40
    assert all(word[0] == word[-1] == '"' for word in words)
