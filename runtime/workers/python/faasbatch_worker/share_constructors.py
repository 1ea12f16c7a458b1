"""The three ways to share: a class, a class method that constructs, a function. sharing.py says what they guarantee."""

import copyreg

from faasbatch_worker.share_keys import key_of
from faasbatch_worker.sharing import get, is_off, is_shared


def share_class(label: str, cls: type) -> None:
    """Makes `cls(...)` give out shared objects; TypeError for a class that cannot be changed."""
    if not cls.__weakrefoffset__:
        raise TypeError("%s cannot be shared, as its objects take no weak references" % label)
    new, init = cls.__new__, cls.__init__
    signature = init if init is not object.__init__ else new

    def plain(kind: type, args: tuple, kwargs: dict) -> object:
        return new(kind) if new is object.__new__ else new(kind, *args, **kwargs)

    def shared_new(kind: type, /, *args: object, **kwargs: object) -> object:
        if kind is not cls or is_off():
            return plain(kind, args, kwargs)

        def build() -> object:
            value = plain(cls, args, kwargs)
            init(value, *args, **kwargs)
            return value

        arguments = key_of(signature, 1, args, kwargs)
        return plain(kind, args, kwargs) if arguments is None else get(label, arguments, build)

    def shared_init(self: object, /, *args: object, **kwargs: object) -> None:
        if type(self) is not cls or not is_shared(self):
            init(self, *args, **kwargs)

    def shared_reduce(self: object, protocol) -> object:
        reduced = reduce(self, protocol)
        by_new = isinstance(reduced, tuple) and reduced[0] is copyreg.__newobj__ and reduced[1] == (cls,)
        if by_new and type(self) is cls:
            return (copyreg._reconstructor, (cls, object, None), *reduced[2:])  # which passes over cls.__new__
        return reduced

    reduce = cls.__reduce_ex__
    shared_new.__wrapped__ = new
    shared_init.__wrapped__ = init
    shared_init.__doc__ = init.__doc__
    cls.__new__ = shared_new
    if init is not object.__init__:
        cls.__init__ = shared_init
    if reduce is object.__reduce_ex__:
        cls.__reduce_ex__ = shared_reduce
    for name in ("close", "__exit__"):
        _hold_back(cls, name)


def _hold_back(cls: type, name: str) -> None:
    """Makes a method pass over objects that are shared."""
    method = getattr(cls, name, None)
    if method is None:
        return

    def unless_shared(self: object, /, *args: object, **kwargs: object) -> object:
        return None if is_shared(self) else method(self, *args, **kwargs)

    unless_shared.__doc__ = method.__doc__
    setattr(cls, name, unless_shared)


def share_alternative(label: str, cls: type, function):
    """For a class method that constructs: shared when it is called on `cls` itself."""

    def shared(kind: type, /, *args: object, **kwargs: object) -> object:
        if kind is not cls or is_off():
            return function(kind, *args, **kwargs)
        return get(label, key_of(function, 1, args, kwargs), lambda: function(kind, *args, **kwargs))

    return like(shared, function)


def share_function(label: str, function):
    """A function that gives out what `function` returned for the same arguments."""

    def shared(*args: object, **kwargs: object) -> object:
        if is_off():
            return function(*args, **kwargs)

        def build() -> object:
            value = function(*args, **kwargs)
            keep_open(value)
            return value

        return get(label, key_of(function, 0, args, kwargs), build)

    return like(shared, function)


def like(wrapper, function):
    """The wrapper, with the names and the text of what it wraps."""
    wrapper.__wrapped__ = function
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(wrapper, name, getattr(function, name, None))
    return wrapper


def keep_open(value: object) -> None:
    """Makes close() of one object do nothing."""
    if callable(getattr(value, "close", None)):
        try:
            value.close = lambda *_args, **_kwargs: None
        except (AttributeError, TypeError):
            pass  # the object takes no attributes
