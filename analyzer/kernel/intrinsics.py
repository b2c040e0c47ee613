"""Single machine instructions: numbers out of octets, where capture/kernel/octets.py reads octet by octet, and fetching
from memory in advance.

They have the same names and results as the functions of that module, and replace them where kernels are compiled.
Nothing is checked: a kernel knows what it may read before it reads (tests/capture/bounds.py runs kernels with every
access checked).
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_item_pointer
from numba.extending import intrinsic

TO_READ, ALL_CACHES, DATA = 0, 3, 1
"""Arguments of LLVM's prefetch."""


def _load(bits: int, *, swap: bool) -> Any:
    """An intrinsic (buffer, offset) -> the unsigned integer of ``bits`` there; ``swap``: in network byte order."""

    @intrinsic
    def load(_typing: Any, buffer: Any, at: Any) -> Any:  # noqa: ARG001 - an offset is an integer of any type
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            octets = context.make_array(signature.args[0])(context, builder, arguments[0])
            word = ir.IntType(bits)
            place = builder.gep(octets.data, [arguments[1]])
            value = builder.load(builder.bitcast(place, word.as_pointer()), align=1)
            if swap:
                value = builder.bswap(value)
            return builder.zext(value, ir.IntType(64))

        return types.int64(buffer, types.int64), generate

    return load


u16 = _load(16, swap=True)
u32 = _load(32, swap=True)
l16 = _load(16, swap=False)
l32 = _load(32, swap=False)


def _fetch(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Start to load an item of an array, (array, index, ...), into the cache, without waiting for it."""
    kind, places = signature.args[0], list(arguments[1:])
    array = context.make_array(kind)(context, builder, arguments[0])
    item = get_item_pointer(context, builder, kind, array, places)  # type: ignore[no-untyped-call]  # numba has no types
    octet, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    into = ir.FunctionType(ir.VoidType(), [octet, number, number, number])
    prefetch = builder.module.declare_intrinsic("llvm.prefetch", [octet], into)
    builder.call(prefetch, [builder.bitcast(item, octet), number(TO_READ), number(ALL_CACHES), number(DATA)])
    return ir.IntType(64)(0)


@intrinsic
def fetch(_typing: Any, line: Any, at: Any) -> Any:  # noqa: ARG001 - an index is an integer of any type
    return types.int64(line, types.int64), _fetch


@intrinsic
def fetch_from(_typing: Any, table: Any, line: Any, at: Any) -> Any:  # noqa: ARG001 - as above
    return types.int64(table, types.int64, types.int64), _fetch
