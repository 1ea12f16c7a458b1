"""Captures what the user's code prints and sends it as Log frames, attributed to the call that printed it.

Guarantees: text goes to the call whose context the writing thread or task runs in (threads that a handler
starts take part); text of no call, or of one that has ended, has call 0. Lines go out when they are complete,
at flush(), or in pieces of up to MAX_LOG_BYTES; no frame splits a UTF-8 character. A call never sends more
than `max_log` bytes of text: the rest is counted, and `finish` says so in one last frame of stream "system".
Memory per call is bounded by one piece. A writer blocks while the supervisor is slow. Any thread may write.
"""

import _socket
import io
import sys
from _contextvars import ContextVar
from _thread import allocate_lock
from time import time

from faasbatch_worker import frames

MAX_LOG_BYTES = 16 * 1024
_MAX_PENDING_CHARS = 4096  # at most MAX_LOG_BYTES of UTF-8
_NAMES = (b"stdout", b"stderr")

current: ContextVar = ContextVar("faasbatch_call", default=None)
_creation = allocate_lock()


class CallLog:
    """The log of one call, or of none (number 0, unlimited)."""

    __slots__ = ("_sock", "_number", "_left", "_dropped", "_lock", "_pending", "_chars", "_closed")

    def __init__(self, sock: _socket.socket, number: int, limit: "int | None") -> None:
        self._sock = sock
        self._number = number
        self._left = sys.maxsize if limit is None else limit
        self._dropped = 0
        self._lock = allocate_lock()
        self._pending: tuple[list[str], list[str]] = ([], [])
        self._chars = [0, 0]
        self._closed = False

    def write(self, stream: int, text: str) -> bool:
        """Takes text of stream 0 (stdout) or 1 (stderr); False when the call has ended."""
        with self._lock:
            if self._closed:
                return False
            if self._dropped:
                self._dropped += _utf8_size(text)
                return True
            pending = self._pending[stream]
            end = text.rfind("\n") + 1
            if end:
                if pending:
                    pending.append(text[:end])
                    line = "".join(pending)
                    pending.clear()
                    self._chars[stream] = 0
                else:
                    line = text[:end]
                self._send(stream, line)
                text = text[end:]
                if not text:
                    return True
            pending.append(text)
            self._chars[stream] += len(text)
            if self._chars[stream] >= _MAX_PENDING_CHARS:
                self._flush(stream)
            return True

    def flush(self, stream: int) -> None:
        """Sends the line of a stream that is not complete."""
        with self._lock:
            if not self._closed:
                self._flush(stream)

    def finish(self) -> None:
        """Ends the log: sends what is left, says what was dropped; later text is refused."""
        with self._lock:
            if self._closed:
                return
            self._flush(0)
            self._flush(1)
            self._closed = True
            if self._dropped:
                head = b'{"t":%.6f,"f":"system"}' % time()
                text = b"log limit reached: %d bytes were dropped\n" % self._dropped
                frames.send(self._sock, frames.LOG, self._number, head, text)

    def after_fork(self) -> None:
        """Makes the log usable in a forked process whatever another thread was doing."""
        self._lock = allocate_lock()

    def _flush(self, stream: int) -> None:
        if self._pending[stream]:
            text = "".join(self._pending[stream])
            self._pending[stream].clear()
            self._chars[stream] = 0
            self._send(stream, text)

    def _send(self, stream: int, text: str) -> None:
        if self._dropped:
            self._dropped += _utf8_size(text)
            return
        data = text.encode("utf-8", "backslashreplace")
        if len(data) > self._left:
            end = _boundary(data, self._left)
            self._dropped = len(data) - end
            data = data[:end]
        self._left -= len(data)
        head = b'{"t":%.6f,"f":"%s"}' % (time(), _NAMES[stream])
        while data:
            end = len(data) if len(data) <= MAX_LOG_BYTES else _boundary(data, MAX_LOG_BYTES)
            self._sock.send(frames.pack(frames.LOG, self._number, head, data[:end]))
            data = data[end:]


def _utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "backslashreplace"))


def _boundary(data: bytes, end: int) -> int:
    """The last start of a UTF-8 character at or before `end`."""
    while end > 0 and end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return end


class Stream(io.TextIOBase):
    """What stands in for sys.stdout (0) and sys.stderr (1)."""

    encoding = "utf-8"
    errors = "backslashreplace"
    newlines = None
    line_buffering = True

    def __init__(self, index: int, nobody: CallLog) -> None:
        self._index = index
        self._nobody = nobody
        self.name = "<%s>" % _NAMES[index].decode()
        self.mode = "w"
        self.buffer = Bytes(self)

    def write(self, text: str) -> int:
        if text.__class__ is not str:
            if not isinstance(text, str):
                raise TypeError("write() argument must be str, not %s" % type(text).__name__)
            text = str.__str__(text)
        context = current.get()
        if context is not None:
            log = context._log or log_of(context)
            if log.write(self._index, text):
                return len(text)
        self._nobody.write(self._index, text)
        return len(text)

    def flush(self) -> None:
        """Sends an incomplete line at once."""
        context = current.get()
        log = self._nobody if context is None else context._log
        if log is not None:
            log.flush(self._index)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._index + 1

    def reconfigure(self, **_options: object) -> None:
        """Accepted and without effect: the stream is UTF-8 and goes out by lines."""

    def close(self) -> None:
        """Stays open, as other calls write to it too."""


class Bytes(io.BufferedIOBase):
    """`sys.stdout.buffer`: bytes are taken as UTF-8."""

    def __init__(self, stream: Stream) -> None:
        self.raw = self
        self._stream = stream

    def write(self, data) -> int:
        raw = bytes(data)
        self._stream.write(raw.decode("utf-8", "backslashreplace"))
        return len(raw)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def close(self) -> None:
        """Stays open, as other calls write to it too."""


def log_of(context) -> CallLog:
    """The log of a call, made when it first prints."""
    with _creation:
        if context._log is None:
            context._log = CallLog(context._function.sock, context._number, context._function.max_log)
        return context._log


def install(sock: _socket.socket) -> None:
    """Puts the streams in place. Called once, before any of the user's code runs."""
    nobody = CallLog(sock, 0, None)
    sys.stdout = Stream(0, nobody)
    sys.stderr = Stream(1, nobody)


def move_to(sock: _socket.socket) -> None:
    """Sends text of no call to another socket: for a forked child."""
    nobody = CallLog(sock, 0, None)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Stream):
            stream._nobody = nobody


def after_user_fork() -> None:
    """In a process that a handler forked: no lock may stay held by a thread that is not there."""
    global _creation
    _creation = allocate_lock()
    context = current.get()
    if context is not None and context._log is not None:
        context._log.after_fork()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Stream):
            stream._nobody.after_fork()
