"""Compiles kernels with numba: one piece of machine code for each function that Python calls, all it calls included.

By itself, numba makes machine code of every function, and optimises all that it calls once more: with a hundred small
functions that is most of the time. Here a function that only kernels call (a part) stays in LLVM's intermediate form.
The function that Python calls is linked with its parts, and the whole is optimised and made machine code once.

numba's pipelines are documented for extensions. The library classes are not, so only little is replaced: the steps that
a part leaves out. tests/capture compare the result with the interpreted kernels.
"""

import types
from collections.abc import Iterator
from typing import Any

from numba import njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NoPythonSupportedFeatureValidation
from numba.core.types import unliteral

_compile: Any = njit
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False, "no_cfunc_wrapper": True}
"""Kernels allocate nothing: their callers own the arrays. So references to arrays need not be counted, which would take
longer than the work."""


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
        steps.add_pass_after(self.into, NoPythonSupportedFeatureValidation)
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
    return _compile(cache=keep, pipeline_class=WholeCompiler, **_OPTIONS)(function)
