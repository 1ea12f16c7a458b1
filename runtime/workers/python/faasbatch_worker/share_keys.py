"""When two calls of a constructor are the same: their arguments as something that can be compared and looked up.

Equal keys mean equal arguments after names and defaults are filled in; types are told apart (1, True and
1.0), containers count by value, objects by their own equality. A key keeps its objects alive. Values that
cannot be compared have no key, but a default that was left as it is equals itself.
"""

_MAX_KEY_DEPTH = 16
_MAX_WRAPPERS = 16


def freeze(value: object, depth: int = 0) -> object:
    """Something hashable that is equal when the values are; TypeError when there is no such thing."""
    kind = value.__class__
    if depth > _MAX_KEY_DEPTH:
        raise TypeError("nested too deeply")
    if kind is list or kind is tuple:
        return kind, tuple([freeze(item, depth + 1) for item in value])
    if kind is dict:
        return dict, frozenset([(freeze(k, depth + 1), freeze(v, depth + 1)) for k, v in value.items()])
    if kind is set or kind is frozenset:
        return frozenset, frozenset([freeze(item, depth + 1) for item in value])
    if kind is bytearray:
        return kind, bytes(value)
    if kind.__module__ == "botocore.config" and kind.__name__ == "Config":
        return kind, freeze(value._user_provided_options, depth + 1)
    hash(value)  # an object that says nothing else is equal to itself alone, and kept alive by the key
    return kind, value


def _freeze_default(value: object) -> object:
    try:
        return freeze(value)
    except TypeError:  # compares by value and is not hashable, as redis' Retry; the function keeps it alive
        return "default", id(value)


def _innermost(function):
    """What decorators that say so (functools.wraps) have wrapped: it has the names and the defaults."""
    for _ in range(_MAX_WRAPPERS):
        inner = getattr(function, "__wrapped__", None)
        if inner is None:
            break
        function = inner
    return function


def key_of(function, skip: int, args: tuple, kwargs: dict) -> "tuple | None":
    """The arguments of a call of `function`, by name and with defaults; None when they cannot be compared.

    `skip` is how many leading parameters (self, cls) are not among `args`.
    """
    try:
        function = _innermost(function)
        code = getattr(function, "__code__", None)
        if code is None:
            return freeze(args), freeze(kwargs)
        names = code.co_varnames[skip:code.co_argcount]
        values = {name: freeze(value) for name, value in zip(names, args)}
        values.update((name, freeze(value)) for name, value in kwargs.items())
        defaults = function.__defaults__ or ()
        for name, value in zip(names[len(names) - len(defaults):], defaults):
            if name not in values:
                values[name] = _freeze_default(value)
        for name, value in (function.__kwdefaults__ or {}).items():
            if name not in values:
                values[name] = _freeze_default(value)
        return freeze(args[len(names):]), frozenset(values.items())
    except Exception:  # a __hash__ of the user's may raise anything
        return None
