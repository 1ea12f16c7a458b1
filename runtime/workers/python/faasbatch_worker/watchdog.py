"""Sees that the event loop of `async` handlers is held up by one of them, and lets the others off.

A thread asks the loop to turn, some twenty times a second while calls run. When it has not turned for
HELD_UP_SECONDS (or half the time of the call that has least), a call blocks it: the supervisor is told which
one (HeldUp), the calls that have not begun go back to it (Returned), also those that still lie in the socket,
which this thread reads until the loop turns again. What has begun stays: it may go on when the loop does, and
the supervisor decides at its deadline.

The blocking call is the one whose context the callback runs in that the loop's thread is executing; 0 where
that cannot be told. A call that holds the interpreter itself (a regular expression, say) stops this thread,
too: then the supervisor finds that nobody answers its Ping.
"""

import _socket
import asyncio
import os
import sys
import threading
import time
from _thread import allocate_lock

from faasbatch_worker import frames
from faasbatch_worker.capture import current

HELD_UP_SECONDS = 1.0
_LEAST_SECONDS = 0.05
_LOOK_SECONDS = 0.05
_HANDLE_RUN = asyncio.events.Handle._run.__code__


class Watchdog:
    """Watches one loop. `server` has the loop, the calls, and takes frames in the loop's place."""

    def __init__(self, server) -> None:
        self._server = server
        self._loop_thread = threading.get_ident()
        self._busy = threading.Event()
        self._started = False

    def call_begins(self) -> None:
        """A call has come. Cheap; on the loop's thread."""
        if not self._busy.is_set():
            self._busy.set()
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="faasbatch-watchdog", daemon=True).start()

    def _run(self) -> None:
        try:
            while True:
                self._rest()
                self._watch()
        except ConnectionError:
            os._exit(0)  # the supervisor has gone
        except BaseException:  # noqa: B902 - a bug of the worker's own: say it, end as a crash
            import traceback

            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
            os._exit(1)

    def _rest(self) -> None:
        """Sleeps for as long as there is no call."""
        if not self._server.calls.running:
            self._busy.clear()
            if not self._server.calls.running:
                self._busy.wait()

    def _watch(self) -> None:
        turned = allocate_lock()
        turned.acquire()
        self._server.loop.call_soon_threadsafe(turned.release)
        # Twice: a process that was stopped for a while finds its time over before the loop had a chance.
        if turned.acquire(timeout=self._patience()) or turned.acquire(timeout=_LOOK_SECONDS):
            time.sleep(_LOOK_SECONDS)
            return
        sock = self._server.sock
        frames.send(sock, frames.HELD_UP, self._blocker(), b'{"heldUp":1}')
        receiver = frames.Receiver(sock, frames.receive_buffer())
        while not turned.acquire(timeout=_LOOK_SECONDS):
            self._server.give_back(receiver)
        frames.send(sock, frames.HELD_UP, 0, b'{"heldUp":0}')

    def _patience(self) -> float:
        times = [context._head.get("t") or HELD_UP_SECONDS * 2 for context in list(self._server.calls.running.values())]
        return min(HELD_UP_SECONDS, max(_LEAST_SECONDS, min(times, default=HELD_UP_SECONDS * 2) / 2))

    def _blocker(self) -> int:
        """The number of the call that the loop's thread is busy with, or 0."""
        context = None
        frame = sys._current_frames().get(self._loop_thread)
        while frame is not None and context is None:
            if frame.f_code is _HANDLE_RUN:
                context = frame.f_locals["self"]._context.get(current)
                break
            frame = frame.f_back
        if context is None:  # the loop is of another make
            task = asyncio.current_task(self._server.loop)
            context = next((c for c in list(self._server.calls.running.values()) if c._task is task), None)
        if context is None or self._server.calls.running.get(context._number) is not context:
            return 0
        return context._number
