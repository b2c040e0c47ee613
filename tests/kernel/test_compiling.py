"""What is left out when kernels are compiled changes nothing for other code that numba compiles."""

import gc
import operator
from types import FunctionType
from typing import Any

import numba
import numpy as np
import pytest
from numba.core.registry import cpu_target
from numba.core.typing.context import BaseContext

from analyzer.kernel import compiling


def compiled(function: Any) -> Any:
    assert isinstance(function, FunctionType)
    return compiling.whole(function, keep=False)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every operation whose type numba searched for."""
    found: list[Any] = []
    resolve: Any = BaseContext.resolve_function_type

    def counted(self: BaseContext, function: Any, given: Any, named: Any) -> Any:
        found.append(getattr(function, "typing_key", None))
        return resolve(self, function, given, named)

    monkeypatch.setattr(BaseContext, "resolve_function_type", counted)
    return found


def test_the_type_of_an_operation_is_searched_for_once(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_TYPES", {})

    def first(one: int, two: int) -> int:
        return (one ^ two) ^ 7

    def second(one: int, two: int) -> int:
        return (one ^ two) ^ 9 ^ one

    assert compiled(first)(12, 10) == 12 ^ 10 ^ 7
    assert asked.count(operator.xor) == 1
    assert compiled(second)(12, 10) == 12 ^ 10 ^ 9 ^ 12
    assert asked.count(operator.xor) == 1, "it is known, whatever the constant is"


def test_types_of_other_arguments_are_other_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_TYPES", {})

    def half(one: Any, two: Any) -> Any:
        return one * two + one

    kernel = compiled(half)
    assert kernel(3, 5) == 18
    assert kernel(0.5, 3) == 2.0
    octets = np.array([200, 100], dtype=np.uint8)
    assert compiled(lambda row, at: row[at] + row[0])(octets, 1) == 300


@pytest.mark.parametrize("collects", [True, False])
def test_numba_is_as_before_afterwards(collects: bool) -> None:
    def right(one: int) -> int:
        return one + 1

    def wrong(one: int) -> Any:
        return one.no_such_attribute  # type: ignore[attr-defined]  # that is what is tried

    before = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        assert compiled(right)(1) == 2
        with pytest.raises(numba.TypingError):
            compiled(wrong)(1)
        assert gc.isenabled() == collects
    finally:
        (gc.enable if before else gc.disable)()
    assert "resolve_function_type" not in vars(cpu_target.typing_context)


def test_a_function_that_others_compile_has_every_step() -> None:
    @numba.njit
    def total(numbers: Any) -> Any:
        return sum([number * 2 for number in numbers])

    assert total(np.arange(4)) == 12
