"""Compiles kernels with numba: one piece of machine code for each function that Python calls, all it calls included.

By itself, numba makes machine code of every function, and optimises all that it calls once more: with a hundred small
functions that is most of the time. Here a function that only kernels call (a part) stays in LLVM's intermediate form.
The function that Python calls is linked with its parts, and the whole is optimised and made machine code once.

Most of the time to compile is numba's own Python, not LLVM's. So three things are left out: steps of numba's pipeline
for what no kernel has (closures, object mode, array expressions), the search for the type of an operation whose type
was found before, and the collection of garbage.

numba's pipelines are documented for extensions. The library classes and the typing context are not, so only little is
replaced: the steps that a part leaves out, and one method. tests/capture compare the result with the interpreted
kernels.
"""

import gc
import operator
import types
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from numba import njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.types import Function, unliteral
from numba.core.untyped_passes import FixupArgs, GenericRewrites, IRProcessing, ReconstructSSA, TranslateByteCode

_compile: Any = njit
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False, "no_cfunc_wrapper": True}
"""Kernels allocate nothing: their callers own the arrays. So references to arrays need not be counted, which would take
longer than the work."""


_STEPS = (
    *(TranslateByteCode, FixupArgs, IRProcessing, GenericRewrites, ReconstructSSA),
    *(NopythonTypeInference, PreLowerStripPhis, IRLegalization, NativeLowering, NoPythonBackend),
)
"""The steps of numba's pipeline that kernels need."""
_ARITHMETIC = frozenset(
    getattr(operator, name)
    for name in (
        *("add", "sub", "mul", "floordiv", "mod", "and_", "or_", "xor", "lshift", "rshift"),
        *("iadd", "isub", "imul", "ifloordiv", "imod", "iand", "ior", "ixor", "ilshift", "irshift"),
        *("eq", "ne", "lt", "le", "gt", "ge", "neg", "pos", "invert", "not_"),
    )
)
"""Operations whose type does not depend on the values of constants."""
_TYPES: dict[Any, Any] = {}
"""The types of operations and calls that were found, by function and types of arguments."""
_LOCK = RLock()


@contextmanager
def _quickly(context: Any) -> Iterator[None]:
    """Within it, numba looks up the type of an operation in ``_TYPES``, and no garbage is collected. ``context``: the
    typing context of the dispatcher."""
    with _LOCK:
        resolve, collects = context.resolve_function_type, gc.isenabled()

        def remembered(function: Any, given: Any, named: Any) -> Any:
            if named:
                return resolve(function, given, named)
            if isinstance(function, Function) and function.typing_key in _ARITHMETIC:
                given = [unliteral(kind) for kind in given]  # type: ignore[no-untyped-call]  # numba has no types
            key = function, tuple(given)
            if key not in _TYPES:
                found = resolve(function, given, named)
                if found is None:
                    return None
                _TYPES[key] = found
            return _TYPES[key]

        context.resolve_function_type = remembered
        gc.disable()
        try:
            yield
        finally:
            del context.resolve_function_type
            if collects:
                gc.enable()


class _NoEngine:
    """What a part is to be executed by: nothing. The whole sets its environment."""

    def set_env(self, name: str, environment: Any) -> None:
        """Leave it to the whole."""


class PartLibrary(JITCodeLibrary):
    """The intermediate code of a function that only kernels call."""

    def finalize(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002 - numba's signature
        """0, as numba says of a function that Python cannot call."""
        return 0

    @property
    def codegen(self) -> Any:
        return _NoEngine()

    def parts(self) -> list[Any]:
        """The libraries of what this function calls."""
        return list(self._linking_libraries)


class WholeLibrary(JITCodeLibrary):
    """The machine code of a function that Python calls, and of all that it calls."""

    def finalize(self) -> None:
        self._linking_libraries = list(_all_parts(self._linking_libraries))
        super().finalize()  # type: ignore[no-untyped-call]  # numba has few types


def _all_parts(libraries: list[Any]) -> Iterator[Any]:
    """Each library once, with those that it calls."""
    known: dict[int, Any] = {}
    left = list(libraries)
    while left:
        library = left.pop()
        if id(library) not in known:
            known[id(library)] = library
            left += library.parts() if isinstance(library, PartLibrary) else []
    yield from known.values()


class _WithLibrary(FunctionPass):
    """Has the next step write into a library of another class."""

    library: type[JITCodeLibrary]

    def __init__(self) -> None:
        FunctionPass.__init__(self)  # type: ignore[no-untyped-call]  # as above

    def run_pass(self, state: Any) -> bool:
        state.library = self.library(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return True


@register_pass(mutates_CFG=False, analysis_only=False)  # type: ignore[no-untyped-call]  # as above
class _IntoPart(_WithLibrary):
    _name = "into_part"
    library = PartLibrary


@register_pass(mutates_CFG=False, analysis_only=False)  # type: ignore[no-untyped-call]  # as above
class _IntoWhole(_WithLibrary):
    _name = "into_whole"
    library = WholeLibrary


class PartCompiler(CompilerBase):
    """numba's pipeline for a function that only kernels call."""

    into: Any = _IntoPart

    def define_pipelines(self) -> list[Any]:
        steps = DefaultPassBuilder.define_nopython_pipeline(self.state)  # type: ignore[no-untyped-call]  # as above
        steps.passes = [step for step in steps.passes if step[0] in _STEPS]
        steps.add_pass_after(self.into, PreLowerStripPhis)
        steps.finalize()
        return [steps]


class WholeCompiler(PartCompiler):
    """numba's pipeline for a function that Python calls."""

    into = _IntoWhole


def part(function: types.FunctionType, *, forceinline: bool) -> Any:
    """``function`` as other kernels call it. It is compiled once for integers: a constant is an integer, too."""
    made = _compile(pipeline_class=PartCompiler, no_cpython_wrapper=True, forceinline=forceinline, **_OPTIONS)(function)
    by_types = made.get_call_template

    def get_call_template(given: Any, named: Any) -> Any:
        return by_types([unliteral(kind) for kind in given], named)  # type: ignore[no-untyped-call]  # numba has no types

    made.get_call_template = get_call_template
    return made


def whole(function: types.FunctionType, *, keep: bool) -> Any:
    """``function`` as Python calls it; ``keep``: on disk, too."""
    made = _compile(cache=keep, pipeline_class=WholeCompiler, **_OPTIONS)(function)
    by_numba, context = made.compile, made.targetdescr.typing_context

    def compile_quickly(given: Any) -> Any:
        with _quickly(context):
            return by_numba(given)

    made.compile = compile_quickly
    return made
