"""Failures of handlers and of loading as values: `{"type", "message", "traceback"}`, always of bounded size.

Guarantees: describing never raises, whatever the exception does in its own methods; the traceback starts at
the first frame of the user's code and holds no frame of the worker or of the import machinery; it is cut in
its middle beyond MAX_TRACEBACK_BYTES. Encoded, the object fits the head of a frame.
"""

import json
import os

MAX_TRACEBACK_BYTES = 16 * 1024
MAX_MESSAGE_BYTES = 8 * 1024
MAX_TYPE_CHARS = 200
_MAX_ENCODED_BYTES = 60_000  # leaves room for the rest of a head of 64 KiB

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_sources: dict[str, str] = {}


class RuntimeFailure(Exception):
    """A failure that the runtime names itself (InvalidOutput, OutputTooLarge, LoadFailed ...)."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def remember_source(filename: str, text: str) -> None:
    """Lets tracebacks show the lines of code that lies in no file."""
    _sources[filename] = text


def describe(error: BaseException) -> dict[str, str]:
    """The error object of an exception raised by the user's code."""
    if isinstance(error, RuntimeFailure):
        return {"type": error.kind, "message": _cut(str(error), MAX_MESSAGE_BYTES), "traceback": ""}
    return {"type": type(error).__name__[:MAX_TYPE_CHARS], "message": _message(error), "traceback": _traceback(error)}


def encode(error: dict[str, str]) -> bytes:
    """The error object as JSON that fits a head, shortened further where escapes make it long."""
    limit = MAX_TRACEBACK_BYTES
    while True:
        data = json.dumps(error, ensure_ascii=False).encode("utf-8", "backslashreplace")
        if len(data) <= _MAX_ENCODED_BYTES:
            return data
        limit //= 2
        error = {key: _cut(text, limit) for key, text in error.items()}


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as inner:  # noqa: B902 - the user's __str__ may do anything
        text = "<str() of the exception raised %s>" % type(inner).__name__
    return _clean(_cut(text, MAX_MESSAGE_BYTES))


def _traceback(error: BaseException) -> str:
    try:
        import linecache
        import traceback

        for filename, text in _sources.items():
            if filename not in linecache.cache:
                linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        whole = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
        _trim(whole, set())
        return _clean(_cut("".join(whole.format()), MAX_TRACEBACK_BYTES))
    except BaseException as inner:  # noqa: B902
        return "<the traceback could not be formatted: %s>" % type(inner).__name__


def _trim(whole, seen: set) -> None:
    """Drops the worker's and the importer's frames, in chained exceptions as well."""
    if whole is None or id(whole) in seen:
        return
    seen.add(id(whole))
    whole.stack[:] = [frame for frame in whole.stack if not _is_machinery(frame.filename)]
    _trim(whole.__cause__, seen)
    _trim(whole.__context__, seen)
    for inner in getattr(whole, "exceptions", None) or ():
        _trim(inner, seen)


def _is_machinery(filename: str) -> bool:
    return filename.startswith((_OWN_FOLDER, "<frozen importlib", "<frozen runpy"))


def _clean(text: str) -> str:
    """The text without lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _cut(text: str, limit: int) -> str:
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= limit:
        return text
    mark = "\n... %d bytes left out ...\n" % (len(data) - limit)
    keep = max(0, limit - len(mark))
    front = keep // 4  # the end of a traceback says most
    return data[:front].decode("utf-8", "ignore") + mark + data[len(data) - (keep - front):].decode("utf-8", "ignore")
