"""Memoised constructors: calls that build the same client with the same arguments get the same client.

What is shared: redis.Redis (StrictRedis is the same class), redis.from_url, couchdb.Server, requests.Session,
boto3.client and boto3.Session.client, and the dotted names of the function's `share`. boto3.resource is not,
as resources must not be used by several threads.

Guarantees:
  - Single flight: of calls that ask at once one builds, the others wait for it. What raises is not kept: each
    of those that waited then tries for itself, one after the other.
  - Same arguments are those that are equal after names and defaults have been filled in, containers by value,
    types told apart (1 is not True). Objects count by their own equality. Arguments that cannot be compared:
    not shared.
  - Only the exact class is shared. A subclass, copy.copy, pickle and whatever a constructor builds inside are
    as ever, and isinstance holds, because the class itself stays: its __new__ gives out the shared object and
    its __init__ passes over one that is ready. No metaclass, so classes may still be combined with any other.
  - close() and `with` leave a shared client open, as others use it. It ends with the worker.
  - In a forked process clients made before are built anew, but those of redis, whose pool sees the fork
    itself (where the client has no connection outside the pool).
  - requests.get() and its like go on without memory: the session inside them is not shared.
  - At most MAX_SHARED are kept; past that the one longest unused is no longer given out.
State that a caller changes on a shared client is changed for all: cookies and headers of a requests.Session
above all. The way out is `with faasbatch.unshared():`, or FAASBATCH_SHARE=off in the function's env. Any
thread may use it.
"""

import os
import weakref
from _contextvars import ContextVar
from _thread import allocate_lock

MAX_SHARED = 64
_FORK_SAFE = ("redis.Redis", "redis.from_url")

_off: ContextVar = ContextVar("faasbatch_unshared", default=False)  # inside `unshared`, and while one is built
_lock = allocate_lock()
_entries: "dict[tuple, Entry]" = {}
_objects: "weakref.WeakValueDictionary[int, object]" = weakref.WeakValueDictionary()  # by id: all ever shared
_dropped: "dict[str, list[int]]" = {}  # label -> made, reused, savedBytes of those no longer given out
_on_change = None


class Entry:
    """One shared client, or one being built."""

    __slots__ = ("label", "lock", "ready", "value", "made", "reused", "build", "grown_bytes", "each_bytes")

    def __init__(self, label: str) -> None:
        self.label = label
        self.lock = allocate_lock()
        self.ready = False
        self.value: object = None
        self.made = 1  # 0 in a child for what was made before the fork
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


def is_off() -> bool:
    """Whether the caller builds for itself: inside `unshared`, or inside the building of a shared one."""
    return _off.get()


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
                _count(_dropped, entry)
                return


def _count(totals: "dict[str, list[int]]", entry: Entry) -> None:
    total = totals.setdefault(entry.label, [0, 0, 0])
    total[0] += entry.made
    total[1] += entry.reused
    total[2] += entry.saved_bytes()


def report() -> "list[dict]":
    """For each constructor how many were made and how often one was reused, and the memory that saved."""
    with _lock:
        totals = {label: list(total) for label, total in _dropped.items()}
        ready = [entry for entry in _entries.values() if entry.ready]
    for entry in ready:
        if entry.made or entry.reused:
            _count(totals, entry)
    return [{"constructor": label, "made": made, "reused": reused, "savedBytes": saved}
            for label, (made, reused, saved) in totals.items()]


def resident_bytes() -> int:
    """The resident size of this process."""
    fd = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return int(os.read(fd, 128).split()[1]) * 4096
    finally:
        os.close(fd)


def outlives_fork(entry: Entry) -> bool:
    """Whether a forked child may go on using it."""
    return entry.ready and entry.label in _FORK_SAFE and getattr(entry.value, "connection", None) is None


def after_fork() -> None:
    """In the child: keeps what may be used there, and counts from zero."""
    global _lock, _on_change
    _lock = allocate_lock()
    _on_change = None
    _dropped.clear()
    for key, entry in list(_entries.items()):
        entry.lock = allocate_lock()
        entry.made = entry.reused = 0
        if not outlives_fork(entry):
            del _entries[key]
