"""Handlers that are `async def`: one event loop a worker, every call a task on it.

The loop's own thread receives the frames, so that no call crosses from thread to thread. A handler that
blocks the loop holds up its mates: watchdog.py sees to them. Cancel cancels the task, and the call ends as
Cancelled unless the handler returns all the same.
"""

import _socket
import asyncio
import gc
import os
from time import perf_counter_ns

from faasbatch_worker import errors, frames, sharing_report
from faasbatch_worker.calls import Calls, Runner, forked_child, leave_fork
from faasbatch_worker.capture import current
from faasbatch_worker.context import Context, Function
from faasbatch_worker.errors import RuntimeFailure
from faasbatch_worker.loader import loaded_head
from faasbatch_worker.watchdog import Watchdog

EXIT_PROTOCOL = 70
_MAX_FRAMES_A_TURN = 16  # then tasks get their turn


class TaskServer:
    """Serves the calls of one function as tasks of one loop."""

    def __init__(self, sock: _socket.socket, function: Function) -> None:
        self.sock = sock
        self.calls = Calls(function, sock)
        self.loop = asyncio.new_event_loop()
        self._function = function
        self._runner = Runner(self.calls)
        self._receiver = frames.Receiver(sock)
        self._unbegun: dict[int, Context] = {}  # who pops a call from here has it: its task, or give_back()
        self._watchdog: "Watchdog | None" = None

    def run(self) -> None:
        """Runs until the supervisor closes the socket; never returns."""
        asyncio.set_event_loop(self.loop)
        sharing_report.start(self.sock, lambda: not self.calls.running)
        self._watchdog = Watchdog(self)
        self.loop.add_reader(self.sock.fileno(), self._readable)
        while True:
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                pass  # of a task that a handler started; the calls go on

    def run_one(self, number: int, head: bytes, payload: bytes) -> None:
        """Runs a single call to its end: for a forked child."""
        self.loop.add_reader(self.sock.fileno(), self._readable)
        task = self._start(number, head, payload)
        while not task.done():
            try:
                self.loop.run_until_complete(task)
            except (SystemExit, KeyboardInterrupt):
                pass

    def cancel(self, number: int) -> None:
        """Cancels a call, also one that has not begun."""
        context = self.calls.cancel(number)
        if context is not None and context._task is not None and number not in self._unbegun:
            context._task.cancel()  # a task that has not begun sees for itself; cancelled, it would never answer

    def give_back(self, receiver: frames.Receiver) -> None:
        """For another thread while the loop does not turn: hands back what has not begun, and what comes."""
        for number in list(self._unbegun):
            context = self._unbegun.pop(number, None)
            if context is not None:
                self.calls.end(context)
                frames.send(self.sock, frames.RETURNED, number, b"{}")
        try:
            while (frame := receiver.receive(_socket.MSG_DONTWAIT)) is not None:
                if frame.kind == frames.CALL:
                    frames.send(self.sock, frames.RETURNED, frame.call, b"{}")
                elif frame.kind == frames.CANCEL:
                    self.calls.cancel(frame.call)
                    self.loop.call_soon_threadsafe(self.cancel, frame.call)
                elif frame.kind != frames.PING:  # no answer: the loop does not turn
                    raise frames.ProtocolError("frame %d for an async function" % frame.kind)
            os._exit(0)
        except (BlockingIOError, InterruptedError):
            pass

    def _readable(self) -> None:
        try:
            for _ in range(_MAX_FRAMES_A_TURN):
                frame = self._receiver.receive(_socket.MSG_DONTWAIT)
                if frame is None:
                    os._exit(0)
                self._take(frame)
        except (BlockingIOError, InterruptedError):
            pass
        except ConnectionError:
            os._exit(0)  # the supervisor has gone
        except (frames.ProtocolError, OSError, ValueError) as error:  # ValueError: a head that is no JSON
            os.write(2, b"faasbatch worker: %s\n" % str(error).encode("utf-8", "replace"))
            os._exit(EXIT_PROTOCOL)

    def _take(self, frame: frames.Frame) -> None:
        if frame.kind == frames.CALL:
            self._start(frame.call, frame.head, frame.payload)
        elif frame.kind == frames.CANCEL:
            self.cancel(frame.call)
        elif frame.kind == frames.PING:
            frames.send(self.sock, frames.PING, 0, b"{}")
        else:
            raise frames.ProtocolError("frame %d for an async function" % frame.kind)

    def _start(self, number: int, head: bytes, payload: bytes) -> asyncio.Task:
        context = self._runner.open(number, head)
        self._unbegun[number] = context
        if self._watchdog is not None:
            self._watchdog.call_begins()
        context._task = self.loop.create_task(self._run(context, payload))
        return context._task

    async def _run(self, context: Context, payload: bytes) -> None:
        if self._unbegun.pop(context._number, None) is None:
            return  # it has gone back to the supervisor
        current.set(context)
        started = ended = 0
        output = failure = None
        try:
            if context._cancelled:
                raise RuntimeFailure("Cancelled", "the call was cancelled before it began")
            event = self._runner.decode(payload)
            started = perf_counter_ns()
            result = await self._function.invoke(event, context)
            ended = perf_counter_ns()
            if forked_child():
                leave_fork(context)
            output = self._runner.encode(result)
        except BaseException as error:  # noqa: B902 - whatever it is, it is this call's failure alone
            ended = ended or perf_counter_ns()
            if forked_child():
                leave_fork(context, error)
            failure = errors.describe(error)
            if context._cancelled and isinstance(error, asyncio.CancelledError):
                failure["type"] = "Cancelled"
                failure["message"] = failure["message"] or "the call was cancelled"
        context._task = None
        try:
            self._runner.close(context, started or ended, ended, output, failure)
        except OSError:
            os._exit(0)


def serve(sock: _socket.socket, function: Function, started: int) -> None:
    """Serves until the supervisor closes the socket."""
    server = TaskServer(sock, function)
    gc.freeze()  # full collections need not walk through what is loaded
    frames.send(sock, frames.LOADED, 0, loaded_head(started))
    server.run()
