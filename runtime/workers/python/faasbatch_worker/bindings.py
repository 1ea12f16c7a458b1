"""`context.binding(name)`: the pod's shared client of a binding, made once and used by all calls.

Single flight: calls that ask at once get one client. A client is never used in another process than the one
that made it. A binding that cannot be had raises BindingUnavailable, which says what to do; nothing of it is
kept.
"""

import os
import threading


class BindingUnavailable(Exception):
    """The binding is not declared, or the package for its kind is missing."""


class _Slot:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.client: object = None


_slots: dict[tuple[int, str], _Slot] = {}


def client(declared: dict[str, dict], name: str) -> object:
    """The client of the binding `name`."""
    binding = declared.get(name)
    if binding is None:
        known = ", ".join(sorted(declared)) or "none"
        raise BindingUnavailable("the function has no binding %r (it has: %s); add it to `bindings`" % (name, known))
    slot = _slots.setdefault((os.getpid(), name), _Slot())
    with slot.lock:
        if slot.client is None:
            slot.client = _make(binding)
        return slot.client


def _make(binding: dict) -> object:
    kind = binding.get("kind")
    if kind == "Redis":
        try:
            import redis
        except ImportError:
            raise BindingUnavailable("binding %r needs the package redis (Debian: python3-redis)"
                                     % binding["name"]) from None
        return redis.from_url(binding["url"])
    if kind == "CouchDB":
        try:
            import couchdb
        except ImportError:
            raise BindingUnavailable("binding %r needs the package couchdb" % binding["name"]) from None
        return couchdb.Server(binding["url"])
    raise BindingUnavailable("binding %r is of the unknown kind %r" % (binding["name"], kind))
