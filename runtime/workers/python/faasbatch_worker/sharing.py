"""Memoised constructors: calls that build the same client with the same arguments get the same client.

What is shared: redis.Redis (StrictRedis is the same class), redis.from_url, couchdb.Server, requests.Session,
boto3.client and boto3.Session.client, and the dotted names of the function's `share`. boto3.resource is not, as
resources must not be used by several threads.

Guarantees:
  - Single flight: of calls that ask at once one builds, the others wait for it. What raises is not kept: each of those that
    waited then tries for itself, one after the other.
  - Same arguments are those that are equal after names and defaults have been filled in, containers by value, types
    told apart (1 is not True). Objects count by their own equality. Arguments that cannot be compared: not shared.
  - Only the exact class is shared. A subclass, copy.copy, pickle and whatever a constructor builds inside are as ever, and
    isinstance holds, because the class itself stays: its __new__ gives out the shared object and its __init__ passes over
    one that is ready. No metaclass, so classes may still be combined with any other.
  - close() and `with` leave a shared client open, as others use it. It ends with the worker.
  - In a forked process clients made before are built anew, but those of redis, whose pool sees the fork itself (where
    the client has no connection outside the pool).
  - requests.get() and its like go on without memory: the session inside them is not shared.
  - At most MAX_SHARED are kept; past that the one longest unused is no longer given out.
State that a caller changes on a shared client is changed for all: cookies and headers of a requests.Session above all. The way
out is `with faasbatch.unshared():`, or FAASBATCH_SHARE=off in the function's env. Any thread may use it.
"""

import copyreg
import os
import weakref
from _contextvars import ContextVar
from _thread import allocate_lock

from faasbatch_worker import imports

MAX_SHARED = 64
_MAX_KEY_DEPTH = 16
_FORK_SAFE = ("redis.Redis", "redis.from_url")
_VARARGS = 0x04

_off: ContextVar = ContextVar("faasbatch_unshared", default=False)  # inside `unshared`, and while one is built
_lock = allocate_lock()
_entries: "dict[tuple, Entry]" = {}
_objects: "weakref.WeakValueDictionary[int, object]" = weakref.WeakValueDictionary()  # by id: all ever shared
_dropped: "dict[str, list[int]]" = {}  # label -> made, reused, savedBytes of those no longer given out
_on_change = None


class Entry:
    """One shared client, or one being built."""

    __slots__ = ("label", "lock", "ready", "value", "reused", "build", "grown_bytes", "each_bytes")

    def __init__(self, label: str) -> None:
        self.label = label
        self.lock = allocate_lock()
        self.ready = False
        self.value: object = None
        self.reused = 0
        self.build = None
        self.grown_bytes = 0
        self.each_bytes: "int | None" = None

    def saved_bytes(self) -> int:
        """The measured size of one, as often as it was reused."""
        return self.reused * (self.grown_bytes if self.each_bytes is None else self.each_bytes)


class unshared:  # noqa: N801 - reads as a statement
    """`with unshared():` what is built inside is the caller's own. Nests; holds for the thread or task."""

    def __enter__(self) -> None:
        self._token = _off.set(True)

    def __exit__(self, *_exc: object) -> None:
        _off.reset(self._token)


def get(label: str, arguments: "tuple | None", build) -> object:
    """The shared object for (label, arguments), built by `build()` if it is not there."""
    if arguments is None or _off.get():
        return build()
    key = (label, arguments)
    entry = _entries.get(key)
    if entry is None:
        with _lock:
            entry = _entries.get(key)
            if entry is None:
                entry = _entries[key] = Entry(label)
                _drop_oldest()
    if not entry.ready:
        with entry.lock:
            if not entry.ready:
                _build(entry, build)
                _changed()
                return entry.value
    with _lock:
        entry.reused += 1
        if _entries.pop(key, None) is not None:
            _entries[key] = entry  # the last in the dict is the last used
    _changed()
    return entry.value


def is_shared(value: object) -> bool:
    """Whether others may hold this object, too."""
    return _objects.get(id(value)) is value


def entries() -> "list[Entry]":
    """Those that are built, for the report."""
    with _lock:
        return [entry for entry in _entries.values() if entry.ready]


def on_change(action) -> None:
    """Calls `action()` after each change of the counts; it must be quick."""
    global _on_change
    _on_change = action


def _changed() -> None:
    if _on_change is not None:
        _on_change()


def _build(entry: Entry, build) -> None:
    token = _off.set(True)  # what it builds inside is its own
    try:
        before = resident_bytes()
        value = build()
        entry.grown_bytes = max(0, resident_bytes() - before)
    finally:
        _off.reset(token)
    try:
        _objects[id(value)] = value
    except TypeError:
        pass  # takes no weak reference, so its close() is not held back
    entry.value = value
    entry.build = build
    entry.ready = True


def _drop_oldest() -> None:
    if len(_entries) > MAX_SHARED:
        for key, entry in _entries.items():
            if entry.ready:
                del _entries[key]
                total = _dropped.setdefault(entry.label, [0, 0, 0])
                total[0] += 1
                total[1] += entry.reused
                total[2] += entry.saved_bytes()
                return


def report() -> "list[dict]":
    """For each constructor how many were made and how often one was reused, and the memory that saved."""
    with _lock:
        totals = {label: list(total) for label, total in _dropped.items()}
        ready = [entry for entry in _entries.values() if entry.ready]
    for entry in ready:
        total = totals.setdefault(entry.label, [0, 0, 0])
        total[0] += 1
        total[1] += entry.reused
        total[2] += entry.saved_bytes()
    return [{"constructor": label, "made": made, "reused": reused, "savedBytes": saved}
            for label, (made, reused, saved) in totals.items()]


def resident_bytes() -> int:
    """The resident size of this process."""
    fd = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return int(os.read(fd, 128).split()[1]) * 4096
    finally:
        os.close(fd)


def _after_fork() -> None:
    global _lock, _on_change
    _lock = allocate_lock()
    _on_change = None
    for key, entry in list(_entries.items()):
        entry.lock = allocate_lock()
        if not entry.ready or entry.label not in _FORK_SAFE or getattr(entry.value, "connection", None) is not None:
            del _entries[key]


# Keys


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


def key_of(function, skip: int, args: tuple, kwargs: dict) -> "tuple | None":
    """The arguments of a call of `function`, by name and with defaults; None when they cannot be compared.

    `skip` is how many leading parameters (self, cls) are not among `args`.
    """
    code = getattr(function, "__code__", None)
    try:
        if code is None:
            return freeze(args), freeze(kwargs)
        names = code.co_varnames[skip:code.co_argcount]
        values = dict(zip(names, args))
        values.update(kwargs)
        defaults = function.__defaults__ or ()
        for name, value in zip(names[len(names) - len(defaults):], defaults):
            values.setdefault(name, value)
        for name, value in (function.__kwdefaults__ or {}).items():
            values.setdefault(name, value)
        return freeze(args[len(names):]), freeze(values)
    except Exception:  # a __hash__ of the user's may raise anything
        return None


# Ways to share


def share_class(label: str, cls: type) -> None:
    """Makes `cls(...)` give out shared objects; TypeError for a class that cannot be changed."""
    if not cls.__weakrefoffset__:
        raise TypeError("%s cannot be shared, as its objects take no weak references" % label)
    new, init = cls.__new__, cls.__init__
    signature = init if init is not object.__init__ else new

    def plain(kind: type, args: tuple, kwargs: dict) -> object:
        return new(kind) if new is object.__new__ else new(kind, *args, **kwargs)

    def shared_new(kind: type, /, *args: object, **kwargs: object) -> object:
        if kind is not cls or _off.get():
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
        if type(self) is cls and isinstance(reduced, tuple) and reduced[0] is copyreg.__newobj__ and reduced[1] == (cls,):
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


def _share_alternative(label: str, cls: type, function):
    """For a class method that constructs: shared when it is called on `cls` itself."""

    def shared(kind: type, /, *args: object, **kwargs: object) -> object:
        if kind is not cls or _off.get():
            return function(kind, *args, **kwargs)
        return get(label, key_of(function, 1, args, kwargs), lambda: function(kind, *args, **kwargs))

    return _like(shared, function)


def share_function(label: str, function):
    """A function that gives out what `function` returned for the same arguments."""

    def shared(*args: object, **kwargs: object) -> object:
        if _off.get():
            return function(*args, **kwargs)

        def build() -> object:
            value = function(*args, **kwargs)
            _keep_open(value)
            return value

        return get(label, key_of(function, 0, args, kwargs), build)

    return _like(shared, function)


def _like(wrapper, function):
    wrapper.__wrapped__ = function
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(wrapper, name, getattr(function, name, None))
    return wrapper


def _keep_open(value: object) -> None:
    """Makes close() of one object do nothing."""
    if callable(getattr(value, "close", None)):
        try:
            value.close = lambda *_args, **_kwargs: None
        except (AttributeError, TypeError):
            pass  # the object takes no attributes


# What is shared


def _share_redis(module) -> None:
    cls = module.Redis
    share_class("redis.Redis", cls)
    # redis.from_url comes by here, too
    cls.from_url = classmethod(_share_alternative("redis.from_url", cls, cls.from_url.__func__))


def _share_boto3(module) -> None:
    """boto3.client is its default session's. Making a session's first clients is not safe under threads: done in turn here."""
    session_class = module.Session
    init, client = session_class.__init__, session_class.client
    sessions = allocate_lock()

    def noting_init(self, *args: object, **kwargs: object) -> None:
        init(self, *args, **kwargs)
        self._faasbatch_building = allocate_lock()
        self._faasbatch_key = key_of(init, 1, args, kwargs)  # sessions made alike give the same clients

    def share_client(label: str, session, args: tuple, kwargs: dict) -> object:
        def build() -> object:
            with getattr(session, "_faasbatch_building", None) or sessions:
                value = client(session, *args, **kwargs)
            _keep_open(value)
            return value

        own = getattr(session, "_faasbatch_key", None) if type(session) is session_class else None
        arguments = key_of(client, 1, args, kwargs)
        return get(label, None if arguments is None else (own or freeze(session), arguments), build)

    def session_client(self, *args: object, **kwargs: object) -> object:
        if _off.get():
            return client(self, *args, **kwargs)
        return share_client("boto3.Session.client", self, args, kwargs)

    def default_client(*args: object, **kwargs: object) -> object:
        with sessions:
            session = module._get_default_session()
        if _off.get():
            return client(session, *args, **kwargs)
        return share_client("boto3.client", session, args, kwargs)

    session_class.__init__ = _like(noting_init, init)
    session_class.client = _like(session_client, client)
    module.client = _like(default_client, module.client)


def _share_requests(module) -> None:
    """But not the session inside requests.get() and its like, which promise to forget their cookies."""
    request = module.api.request

    def request_of_its_own(*args: object, **kwargs: object) -> object:
        with unshared():
            return request(*args, **kwargs)

    share_class("requests.Session", module.Session)
    module.api.request = module.request = _like(request_of_its_own, request)


def _share_named(name: str, module) -> None:
    """Shares the thing of the dotted name `name` that lies in `module`, if it does."""
    *path, last = name[len(module.__name__) + 1:].split(".")
    owner = module
    for part in path:
        owner = getattr(owner, part, None)
        if owner is None or isinstance(owner, type(os)):
            return  # it lies in a module below, which has its own turn
    target = getattr(owner, last, None)
    if target is None:
        raise AttributeError("share: %s has no %s" % (owner.__name__, last))
    if isinstance(target, type):
        share_class(name, target)
    elif isinstance(owner, type) and isinstance(vars(owner).get(last), classmethod):
        setattr(owner, last, classmethod(_share_alternative(name, owner, target.__func__)))
    elif isinstance(owner, type) and isinstance(vars(owner).get(last), staticmethod):
        setattr(owner, last, staticmethod(share_function(name, target)))
    elif callable(target):
        setattr(owner, last, share_function(name, target))


def install(names: "list[str]") -> None:
    """Waits for the modules whose constructors are shared; `names` are the function's own."""
    os.register_at_fork(after_in_child=_after_fork)
    imports.after_import("redis", _share_redis)
    imports.after_import("boto3", _share_boto3)
    imports.after_import("couchdb", lambda module: share_class("couchdb.Server", module.Server))
    imports.after_import("requests", _share_requests)
    known = {"redis.Redis", "redis.StrictRedis", "redis.from_url", "redis.Redis.from_url", "boto3.client",
             "boto3.Session.client", "couchdb.Server", "requests.Session"}
    for name in names:
        parts = name.split(".")
        for count in range(1, len(parts)) if name not in known else ():
            imports.after_import(".".join(parts[:count]), lambda module, name=name: _share_named(name, module))
