"""Plain memory for kernels: pointers, blocks on the stack, and calls through the table of kernels.

A kernel takes pointers instead of arrays, as a function of the C library does: an array's bounds,
strides and reference count take time to compile and to pass, and no kernel needs them.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = [
    "COUNTS",
    "DOUBLES",
    "INTEGERS",
    "SINGLES",
    "address_of",
    "addresses_of",
    "apart",
    "call_counting_kernel",
    "call_kernel",
    "call_rate_kernel",
    "caller",
    "counts_at",
    "counts_of",
    "doubles_at",
    "doubles_of",
    "on_stack",
    "plus",
    "pointers_apart",
    "pointers_at",
    "singles_of",
    "slots_at",
]

DOUBLES = types.CPointer(types.float64)
SINGLES = types.CPointer(types.float32)
INTEGERS = types.CPointer(types.int64)
COUNTS = types.CPointer(types.int32)

_DOUBLE, _INTEGER = ir.DoubleType(), ir.IntType(64)


def _plus(typing: Any, pointer: Any, i: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.int64), emit


def _apart(typing: Any, pointer: Any, i: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        size = context.get_abi_sizeof(context.get_value_type(pointer.dtype))
        offset = builder.mul(arguments[1], ir.Constant(_INTEGER, size))
        address = builder.add(builder.ptrtoint(arguments[0], _INTEGER), offset)
        return builder.inttoptr(address, arguments[0].type)

    return pointer(pointer, types.int64), emit


def _first_element(pointer: Any) -> Any:
    def typed(typing: Any, array: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            of = context.make_array(signature.args[0])(context, builder, arguments[0])
            return builder.bitcast(of.data, context.get_value_type(pointer))

        return pointer(array), emit

    return typed


def _from_address(pointer: Any) -> Any:
    def typed(typing: Any, address: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(pointer))

        return pointer(types.int64), emit

    return typed


def _address_of(typing: Any, pointer: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], _INTEGER)

    return types.int64(pointer), emit


def _pointers_apart(typing: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        for argument in builder.function.args:
            # Numba's own two, for the result and the error, already have the attribute
            if argument.type.is_pointer and "noalias" not in argument.attributes:
                argument.add_attribute("noalias")
        return context.get_dummy_value()

    return types.none(), emit


def _addresses_of(typing: Any, packed: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args[0].types
        with builder.goto_entry_block():
            table = builder.alloca(_INTEGER, ir.Constant(ir.IntType(32), len(kinds)))
        values = cgutils.unpack_tuple(builder, arguments[0], len(kinds))
        for i, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            array = isinstance(kind, types.Array)
            pointer = context.make_array(kind)(context, builder, value).data if array else value
            place = builder.gep(table, [ir.Constant(_INTEGER, i)])
            builder.store(builder.ptrtoint(pointer, _INTEGER), place)
        return table

    return INTEGERS(packed), emit


def pointers_at(kinds: list[Any]) -> Callable[[Any], Any]:
    """Make a function that compiled code calls for a tuple of pointers of these kinds.

    It takes a pointer to their addresses.
    """
    packed = types.Tuple(kinds)

    def typed(typing: Any, addresses: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            places = [
                builder.gep(arguments[0], [ir.Constant(_INTEGER, i)]) for i in range(len(kinds))
            ]
            pointers = [
                builder.inttoptr(builder.load(place), context.get_value_type(kind))
                for place, kind in zip(places, kinds, strict=True)
            ]
            return context.make_tuple(builder, packed, pointers)

        return packed(INTEGERS), emit

    return cast(Callable[[Any], Any], intrinsic(typed))


def on_stack(size: int, cleared: bool = False) -> Callable[[], Any]:
    """Make a function that compiled code calls for ``size`` float64 on its own stack.

    If it is ``cleared``, the first of them is 0 after each call. Two calls give two blocks.
    """

    def typed(typing: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            with builder.goto_entry_block():
                block = builder.alloca(_DOUBLE, ir.Constant(ir.IntType(32), size))
            block.align = 64  # a cache line
            if cleared:
                builder.store(ir.Constant(_DOUBLE, 0.0), block)
            return block

        return DOUBLES(), emit

    return cast(Callable[[], Any], intrinsic(typed))


def _kernel_caller(returned: Any) -> Any:
    """A call of the kernel in a slot of the table, ``call(table, slot, scratch, (arguments))``.

    If the slot is empty, nothing is called: the first number of ``scratch`` becomes the slot's.
    """

    def typed(typing: Any, table: Any, slot: Any, scratch: Any, arguments: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            table, slot, scratch, packed = given
            kinds = [context.get_value_type(kind) for kind in signature.args[3].types]
            passed = [table, *cgutils.unpack_tuple(builder, packed, len(kinds)), scratch]
            back = ir.VoidType() if returned == types.void else context.get_value_type(returned)
            kernel = ir.FunctionType(back, [table.type, *kinds, scratch.type]).as_pointer()
            answer = None if returned == types.void else cgutils.alloca_once(builder, back)
            address = builder.load(builder.gep(table, [slot]))
            missing = builder.icmp_unsigned("==", address, ir.Constant(_INTEGER, 0))
            with builder.if_else(missing, likely=False) as (then, otherwise):
                with then:
                    builder.store(builder.sitofp(slot, _DOUBLE), scratch)
                    if answer is not None:
                        builder.store(ir.Constant(back, 0), answer)
                with otherwise:
                    called = builder.call(builder.inttoptr(address, kernel), passed)
                    if answer is not None:
                        builder.store(called, answer)
            return context.get_dummy_value() if answer is None else builder.load(answer)

        return returned(table, types.int64, scratch, arguments), emit

    return intrinsic(typed)


def caller(returned: Any, symbol: str = "", link: Callable[[Any], None] | None = None) -> Any:
    """Make a function that compiled code calls as ``call(address, (arguments))``.

    With a symbol, the address is the symbol's, and it is called as ``call((arguments))``; ``link``
    defines the symbol for the calling function, which is compiled in a context.
    """

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        *address, packed = given
        kinds = [context.get_value_type(kind) for kind in signature.args[-1].types]
        function = ir.FunctionType(context.get_value_type(returned), kinds)
        if link:
            link(context)
            called = cgutils.get_or_insert_function(builder.module, function, symbol)
        else:
            called = builder.inttoptr(*address, function.as_pointer())
        return builder.call(called, cgutils.unpack_tuple(builder, packed, len(kinds)))

    def by_symbol(typing: Any, arguments: Any) -> Any:
        return returned(arguments), emit

    def by_address(typing: Any, address: Any, arguments: Any) -> Any:
        return returned(types.int64, arguments), emit

    return intrinsic(by_symbol if link else by_address)


# the address i elements after a pointer's
plus = cast(Callable[[Any, int], Any], intrinsic(_plus))
# the same by its address, so that LLVM compares two ranges when it runs: as parts of one array it
# cannot tell them apart
apart = cast(Callable[[Any, int], Any], intrinsic(_apart))
# the first element of a contiguous array
doubles_of = cast(Callable[[Any], Any], intrinsic(_first_element(DOUBLES)))
singles_of = cast(Callable[[Any], Any], intrinsic(_first_element(SINGLES)))
counts_of = cast(Callable[[Any], Any], intrinsic(_first_element(COUNTS)))
# promise the compiler that the calling function's pointers do not overlap where it writes
pointers_apart = cast(Callable[[], None], intrinsic(_pointers_apart))
# an address as a pointer, and back
doubles_at = cast(Callable[[int], Any], intrinsic(_from_address(DOUBLES)))
counts_at = cast(Callable[[int], Any], intrinsic(_from_address(COUNTS)))
slots_at = cast(Callable[[int], Any], intrinsic(_from_address(INTEGERS)))
address_of = cast(Callable[[Any], int], intrinsic(_address_of))
# the addresses of a tuple of contiguous arrays or pointers, on the stack of the calling function
addresses_of = cast(Callable[[Any], Any], intrinsic(_addresses_of))
# what a slot holds, by what it returns
call_kernel = cast(Callable[..., None], _kernel_caller(types.void))
call_counting_kernel = cast(Callable[..., int], _kernel_caller(types.int64))
call_rate_kernel = cast(Callable[..., float], _kernel_caller(types.float64))
