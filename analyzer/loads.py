"""Numbers out of octets as a machine loads them: one instruction each, where capture/octets.py takes one octet after
the other.

They have the same names and answer the same, and stand in for those where kernels are compiled. Nothing is checked:
a kernel knows what it may read before it reads (tests/bounds.py runs them with every access checked).
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


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
