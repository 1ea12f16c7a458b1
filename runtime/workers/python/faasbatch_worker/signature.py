"""How a handler wants to be called: with event and context, with the event, or with nothing; and whether it is async.

Reads code objects directly, as `inspect` would cost more memory than the rest of the worker.
"""

TYPE_CHECKING = False  # checkers take it for true; `typing` itself would cost 1 MB
if TYPE_CHECKING:
    from collections.abc import Callable

_VARARGS = 0x04
_COROUTINE = 0x80
_ITERABLE_COROUTINE = 0x100
_MAX_WRAPPERS = 100


def is_async(handler: object) -> bool:
    """Whether calling the handler gives a coroutine."""
    function, _ = _underlying(handler)
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & (_COROUTINE | _ITERABLE_COROUTINE))


def is_handler_class(kind: type) -> bool:
    """Whether the class is to be instantiated once and its instance called."""
    return "__call__" in {name for base in kind.__mro__ for name in vars(base)}


def with_two_arguments(handler: "Callable") -> "Callable":
    """A callable of (event, context) that passes on as many as the handler takes."""
    count = _count(handler)
    if count >= 2:
        return handler
    if count == 1:
        return lambda event, _context: handler(event)
    return lambda _event, _context: handler()


def _underlying(handler: object) -> tuple[object, int]:
    """The function behind partials, bound methods and callable objects, and how many of its arguments are taken."""
    taken = 0
    for _ in range(_MAX_WRAPPERS):
        if hasattr(handler, "__func__"):  # looked at first, as methods show their function's __code__
            taken += 1 if getattr(handler, "__self__", None) is not None else 0
            handler = handler.__func__
        elif hasattr(handler, "__code__"):
            return handler, taken
        elif hasattr(handler, "func") and hasattr(handler, "args"):  # functools.partial
            taken += len(handler.args)
            handler = handler.func
        else:
            call = getattr(type(handler), "__call__", None)
            if isinstance(handler, type) or not hasattr(call, "__code__"):
                return handler, taken
            return call, taken + 1
    return handler, taken


def _count(handler: object) -> int:
    function, taken = _underlying(handler)
    code = getattr(function, "__code__", None)
    if code is None:
        return 2
    if code.co_flags & _VARARGS:
        wrapped = getattr(function, "__wrapped__", None)
        return min(2, _count(wrapped)) if wrapped is not None else 2
    keywords = set()
    partial = handler
    while hasattr(partial, "func") and hasattr(partial, "keywords"):
        keywords.update(partial.keywords)
        partial = partial.func
    names = code.co_varnames[taken:code.co_argcount]
    return min(2, sum(1 for name in names if name not in keywords))
