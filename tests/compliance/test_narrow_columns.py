"""What is kept of each flow is narrow, and is used as it was."""

from dataclasses import dataclass, is_dataclass
from typing import NamedTuple

import numpy as np
import pytest

from analyzer.columns import Integers, Truths, Words, shared_texts_of, texts_of
from analyzer.compliance.judge import judge
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.narrow_columns import with_narrow_columns
from analyzer.flows.assembler import Watch
from analyzer.flows.packed import NarrowColumn, integers_of, narrow_column
from analyzer.flows.read import read_captures
from analyzer.rules import load_table
from analyzer.site import load_site
from tests.program import ROOT


class Pair(NamedTuple):
    one: Integers
    other: int


Pair.__module__ = "analyzer.compliance.example"


@dataclass(frozen=True)
class Kept:
    numbers: Integers
    truths: Truths
    words: Words
    texts: Words
    of_other_length: Integers
    inside: Pair


def example() -> Kept:
    return Kept(
        np.array([-1, 5, 100]),
        np.array([True, False, True]),
        np.array(["", "a", ""], dtype=object),
        np.array(["b", "b", "b"], dtype=object),
        np.array([1, 2]),
        Pair(np.array([1 << 40, 0, 7]), 3),
    )


def test_the_values_are_what_they_were() -> None:
    before, after = example(), with_narrow_columns(example(), 3)
    for name in ("numbers", "truths", "words", "texts", "of_other_length"):
        assert getattr(after, name).tolist() == getattr(before, name).tolist()
    assert after.inside.one.tolist() == [1 << 40, 0, 7]
    assert (after.numbers + 100).tolist() == [99, 105, 200], "they are added as 64-bit integers"
    assert np.array(["a", "b"], dtype=object)[narrow_column(np.array([1, 0]))].tolist() == ["b", "a"]


def test_columns_of_flows_are_narrow() -> None:
    after = with_narrow_columns(example(), 3)
    numbers, inside = after.numbers, after.inside.one
    assert isinstance(numbers, NarrowColumn)
    assert isinstance(inside, NarrowColumn)
    assert (numbers.values.dtype, inside.values.dtype) == (np.int8, np.int64)
    assert after.texts.strides == (0,)
    assert isinstance(after.of_other_length, np.ndarray)


@pytest.fixture(scope="module")
def judgement() -> Judgement:
    sample = ROOT / "sample_pcaps" / "made" / "boot_complete.pcap"
    evidence = read_captures([str(sample)], watch=Watch(frozenset({67, 68, 69})), interpreted=True)
    return judge(evidence, load_table(()), load_site(ROOT / "sample_pcaps" / "made" / "site.yaml"))


def test_a_judgement_keeps_no_wide_column(judgement: Judgement) -> None:
    """Nothing in it has eight octets for each flow, as far as two levels down."""
    flows = len(judgement.table)
    parts = [judgement, *vars(judgement).values()]
    wide = [
        (type(part).__name__, name)
        for part in parts
        if type(part).__module__.startswith("analyzer.compliance.")
        for name, value in (vars(part) if is_dataclass(part) else part._asdict()).items()
        if isinstance(value, np.ndarray) and value.shape == (flows,) and value.dtype == np.int64
    ]
    assert flows > 3
    assert wide == []
    assert not isinstance(judgement.hosts.orig, np.ndarray)


@pytest.mark.parametrize("codes", [[], [1], [1, 1, 1], [-1, -1], [0, 1, -1]])
def test_shared_texts_are_the_texts(codes: list[int]) -> None:
    column = np.array(codes, dtype=np.int64)
    for numbers in (column, narrow_column(column)):
        found = shared_texts_of(["a", "b"], numbers)
        assert found.tolist() == texts_of(["a", "b"], column).tolist()
        assert found.dtype == object
    assert len(set(codes)) != 1 or shared_texts_of(["a", "b"], column).base is not None


@pytest.mark.parametrize("values", [[], [4], [7, 7, 7], [-1, 300]])
def test_integers_are_64_bits_wide(values: list[int]) -> None:
    column = np.array(values, dtype=np.int64)
    for numbers in (column, narrow_column(column)):
        found = integers_of(numbers)
        assert isinstance(found, np.ndarray)
        assert found.tolist() == values
        assert found.dtype == np.int64
