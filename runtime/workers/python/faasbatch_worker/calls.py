"""One call from its frame to its Result frame: decode, run the handler, encode, send.

Guarantees: a call ends in exactly one Result, whatever the handler raises (SystemExit and KeyboardInterrupt
included); its log frames come before. A process that the handler itself forked never sends a Result: it ends
when the handler returns in it.
"""

import _socket
import os
from _thread import allocate_lock
from time import perf_counter_ns

from faasbatch_worker import errors, frames
from faasbatch_worker.capture import after_user_fork, current
from faasbatch_worker.codec import Codec
from faasbatch_worker.context import Context, Function
from faasbatch_worker.errors import RuntimeFailure

MAX_PAYLOAD_BYTES = 64 << 20  # of the protocol, whatever maxOutputBytes says
_MAX_EARLY_CANCELS = 1024

_HEADER_PACK = frames.HEADER.pack
_INLINE_BYTES = frames.MAX_PACKET_BYTES - frames.HEADER_BYTES
_RESULT = frames.RESULT

_forked_by_handler = False
_own_fork = False


class Calls:
    """The calls under way in this process. Any thread may use it; single dict operations are atomic."""

    def __init__(self, function: Function, sock: _socket.socket) -> None:
        self.function = function
        self.sock = sock
        self.running: dict[int, Context] = {}
        self._early: dict[int, None] = {}
        self._overdue = 0
        self._reporting = allocate_lock()

    def begin(self, context: Context) -> None:
        """Enters a call; one whose Cancel has overtaken it starts out cancelled."""
        self.running[context._number] = context
        if self._early and self._early.pop(context._number, self) is None:
            context._cancelled = True

    def end(self, context: Context) -> None:
        """Takes a call out, and reports when it was one of those past their deadline."""
        self.running.pop(context._number, None)
        if self._overdue:
            self.report_overdue()

    def cancel(self, number: int) -> "Context | None":
        """Marks a call as cancelled, also one that has not begun."""
        context = self.running.get(number)
        if context is not None:
            context._cancelled = True
            self.report_overdue()
            return context
        self._early[number] = None  # of a call on its way, or of one whose Result is
        if len(self._early) > _MAX_EARLY_CANCELS:
            self._early.pop(next(iter(self._early)), None)
        return None

    def report_overdue(self) -> None:
        """Says how many calls are past their deadline, when that has changed."""
        with self._reporting:
            count = sum(1 for context in list(self.running.values()) if context._overdue())
            if count != self._overdue:
                self._overdue = count
                frames.send(self.sock, frames.ABANDONED, 0, b'{"threads":%d}' % count)


class Runner:
    """Runs calls one after another on the thread that owns it."""

    __slots__ = ("_calls", "_function", "_sock", "_invoke", "_max_output", "_context_type", "decode",
                 "encode")

    def __init__(self, calls: Calls, context_type: type = Context) -> None:
        self._calls = calls
        self._function = calls.function
        codec = Codec()
        self.decode = codec.decode
        self.encode = codec.encode
        self._sock = calls.sock
        self._invoke = calls.function.invoke
        self._max_output = min(calls.function.max_output, MAX_PAYLOAD_BYTES)
        self._context_type = context_type

    def open(self, number: int, head: bytes) -> Context:
        """The context of a call that has just been received."""
        context = self._context_type(self._function, number, self.decode(head), perf_counter_ns())
        self._calls.begin(context)
        return context

    def run(self, number: int, head: bytes, payload) -> None:
        """Runs a synchronous handler and sends the result."""
        context = self.open(number, head)
        current.set(context)
        started = ended = 0
        output = failure = None
        try:
            if context._cancelled:
                raise RuntimeFailure("Cancelled", "the call was cancelled before it began")
            event = self.decode(payload)
            started = perf_counter_ns()
            result = self._invoke(event, context)
            ended = perf_counter_ns()
            if _forked_by_handler:
                leave_fork(context)
            if hasattr(result, "__await__"):
                result = _finish_awaitable(result)
                ended = perf_counter_ns()
            output = self.encode(result)
        except BaseException as error:  # noqa: B902 - whatever it is, it is this call's failure alone
            ended = ended or perf_counter_ns()
            if _forked_by_handler:
                leave_fork(context, error)
            failure = errors.describe(error)
        finally:
            current.set(None)
        event = result = None  # the thread may wait long before it overwrites them
        self.close(context, started or ended, ended, output, failure)

    def close(self, context: Context, started: int, ended: int, output: "bytes | None",
              failure: "dict[str, str] | None") -> None:
        """Sends what is left of the call's log, then its Result."""
        if output is not None and len(output) > self._max_output:
            failure = errors.describe(RuntimeFailure(
                "OutputTooLarge", "the handler returned %d bytes of JSON, more than the %d allowed; put large data "
                "into context.store and return its key" % (len(output), self._max_output)))
        if context._log is not None:
            context._log.finish()
        head = b'{"q":%d,"e":%d,"o":%d' % ((started - context._received) // 1000, (ended - started) // 1000,
                                          context._store_ns // 1000)
        if failure is not None:
            output = b""
            head += b',"error":%b}' % errors.encode(failure)
        else:
            head += b"}"
        self._calls.end(context)
        if len(head) + len(output) <= _INLINE_BYTES:
            self._sock.send(_HEADER_PACK(_RESULT, 0, len(head), context._number, len(output)) + head + output)
        else:
            frames.send(self._sock, _RESULT, context._number, head, output)


def _finish_awaitable(result: object) -> object:
    """Runs what a synchronous handler returned unawaited: a coroutine behind a decorator, say."""
    import asyncio

    async def finish() -> object:
        return await result

    return asyncio.run(finish())


def leave_fork(context: Context, error: "BaseException | None" = None) -> None:
    """Ends a process that the handler forked and let return from it."""
    status = 0
    if error is not None:
        status = error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else int(
            not (isinstance(error, SystemExit) and error.code is None))
    if context._log is not None:
        context._log.flush(0)
        context._log.flush(1)
    os._exit(status & 0xFF)


def _mark_fork() -> None:
    global _forked_by_handler
    if not _own_fork:
        _forked_by_handler = True
        after_user_fork()


def watch_forks() -> None:
    """From here on every fork of this process is the user's own, but those made by `own_fork`."""
    os.register_at_fork(after_in_child=_mark_fork)


def own_fork() -> int:
    """os.fork by the worker itself."""
    global _own_fork
    _own_fork = True
    try:
        return os.fork()
    finally:
        _own_fork = False


def forked_child() -> bool:
    """Whether this process was forked by the user's code."""
    return _forked_by_handler
