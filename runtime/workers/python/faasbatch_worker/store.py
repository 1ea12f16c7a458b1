"""`context.store`: get, put and delete on the workflow's store, through the supervisor.

Guarantees: values are bytes (given as bytes, got as bytes) or JSON; a key that is not there gives None. Each
thread and each process speaks over a connection of its own, opened when first used; after an error it is
opened anew. A request whose connection broke is sent once more; otherwise failures raise a StoreError: its class
says what is wrong, and is the call's error type where the handler lets it pass.
The time spent counts as the call's store time. Calls block: in `async def` handlers use `await
asyncio.to_thread(...)`.
"""

import json
import os
import threading
from _struct import Struct
from time import perf_counter_ns

MAX_MESSAGE_BYTES = 64 << 20
MAX_KEY_BYTES = 1024
_CONNECT_SECONDS = 5.0
_MAX_SECONDS = 60.0
_SIZE = Struct("<I")

_local = threading.local()


class StoreError(Exception):
    """What the store failed of."""


class StoreUnavailable(StoreError):
    """The store cannot be reached, or cannot take anything just now."""


class InvalidKey(StoreError, ValueError):
    """The key is empty, too long, or holds control characters."""


class ValueTooLarge(StoreError, ValueError):
    """The value is larger than the store takes."""


_KINDS = {"InvalidKey": InvalidKey, "ValueTooLarge": ValueTooLarge}


class Store:
    """The store as one call sees it."""

    __slots__ = ("_context",)

    def __init__(self, context) -> None:
        self._context = context

    def get(self, key: str, default: object = None) -> object:
        """The value of `key`, or `default`."""
        head, value = self._request({"op": "get", "key": _checked(key)}, b"")
        if not head.get("found"):
            return default
        return json.loads(value) if head.get("type", "json") == "json" else value

    def put(self, key: str, value: object, ttl: "float | None" = None) -> None:
        """Stores bytes as they are, anything else as JSON; `ttl` in seconds."""
        request = {"op": "put", "key": _checked(key)}
        if isinstance(value, (bytes, bytearray, memoryview)):
            request["type"] = "bytes"
            data = bytes(value)
        else:
            request["type"] = "json"
            data = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        if ttl is not None:
            if not ttl > 0:
                raise ValueError("ttl must be more than 0 seconds, not %r" % ttl)
            request["ttl"] = ttl
        self._request(request, data)

    def delete(self, key: str) -> None:
        """Deletes `key`, whether it is there or not."""
        self._request({"op": "delete", "key": _checked(key)}, b"")

    def _request(self, request: dict, value: bytes) -> tuple[dict, bytes]:
        started = perf_counter_ns()
        try:
            left = min(_MAX_SECONDS, max(0.01, self._context.deadline))
            head, answer = _exchange(json.dumps(request).encode() + b"\n" + value, left)
        finally:
            self._context._store_ns += perf_counter_ns() - started
        if not head.get("ok"):
            error = head.get("error") or {}
            kind = _KINDS.get(error.get("type"), StoreUnavailable)
            raise kind(error.get("message", "the store gave no reason"))
        return head, answer


def _checked(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError("a store key is a str, not %s" % type(key).__name__)
    if not key or len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        raise InvalidKey("a store key has 1 to %d bytes" % MAX_KEY_BYTES)
    if not key.isprintable() and any(c < " " or c == "\x7f" or "\ud800" <= c <= "\udfff" for c in key):
        raise InvalidKey("a store key is UTF-8 without control characters, not %r" % key)
    return key


def _exchange(message: bytes, seconds: float) -> tuple[dict, bytes]:
    if len(message) > MAX_MESSAGE_BYTES:
        raise ValueTooLarge("a value of %d bytes is larger than the store takes (%d)" % (len(message),
                                                                                      MAX_MESSAGE_BYTES))
    packet = _SIZE.pack(len(message)) + message
    try:
        try:
            return _ask(packet, seconds)
        except (ConnectionError, EOFError):
            _drop()
            return _ask(packet, seconds)  # it broke while nobody used it; get, put and delete may be done twice
    except StoreUnavailable:
        raise
    except (OSError, EOFError, ValueError) as error:
        _drop()
        raise StoreUnavailable("the store did not answer: %s" % (error or type(error).__name__)) from None
    except BaseException:
        _drop()  # half an answer may be under way
        raise


def _ask(packet: bytes, seconds: float) -> tuple[dict, bytes]:
    connection = _connection()
    connection.settimeout(seconds)
    connection.sendall(packet)
    return _answer(connection)


def _connection():
    connection = getattr(_local, "connection", None)
    if connection is not None and _local.pid == os.getpid():
        return connection
    import socket

    path = os.environ.get("FAASBATCH_STORE_SOCKET")
    if not path:
        raise StoreUnavailable("this function has no store")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_CONNECT_SECONDS)
    try:
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    _local.connection = connection
    _local.pid = os.getpid()
    return connection


def _drop() -> None:
    connection = getattr(_local, "connection", None)
    _local.connection = None
    if connection is not None:
        connection.close()


def _answer(connection) -> tuple[dict, bytes]:
    size = _SIZE.unpack(_read(connection, _SIZE.size))[0]
    if size > MAX_MESSAGE_BYTES:
        raise ValueError("an answer of %d bytes" % size)
    head, _, value = _read(connection, size).partition(b"\n")
    return json.loads(head), value


def _read(connection, size: int) -> bytes:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = connection.recv_into(view)
        if not count:
            raise EOFError("the connection was closed")
        view = view[count:]
    return bytes(data)
