"""Threads mode: every thread receives a frame, runs the call, sends the result and receives again.

There is no queue and no hand-off between threads: the kernel gives each packet to one of the threads that
wait in recv. Invariants, with `waiting` the threads that are about to receive or receive:
  1. while fewer than `limit` calls run, at least one thread waits: who takes a frame and sees nobody left
     waiting wakes a parked thread or starts one, up to `limit` + 1 (the last one hears Cancel when all others
     are busy);
  2. at most _MAX_WAITING threads wait for long: more would be woken in turn by each packet, only to queue for
     the interpreter lock; who comes back and finds enough waiting parks itself.
Lists serve as counters and stacks, as their append and pop are atomic.
"""

import _socket
import gc
import os
import sys
import threading
from _thread import allocate_lock

from faasbatch_worker import frames, sharing_report
from faasbatch_worker.calls import Calls, Runner, forked_child
from faasbatch_worker.context import Function
from faasbatch_worker.loader import loaded_head

EXIT_PROTOCOL = 70
_MAX_WAITING = 2
_SWITCH_SECONDS = 0.001  # a call beside one that computes waits this long for the interpreter, not the usual 5 ms


class ThreadServer:
    """Serves the calls of one function on threads that it starts as they are needed."""

    def __init__(self, sock: _socket.socket, function: Function) -> None:
        self._sock = sock
        self._calls = Calls(function, sock)
        self._max_threads = max(1, function.limit) + 1
        self._threads = 0
        self._starting = allocate_lock()
        self._waiting: list[None] = []
        self._parked: list = []

    def start(self) -> None:
        """Starts the first threads."""
        sharing_report.start(self._sock, lambda: not self._calls.running)
        for _ in range(min(_MAX_WAITING, self._max_threads)):
            self._start_thread()

    def _start_thread(self) -> None:
        with self._starting:
            if self._threads >= self._max_threads:
                return
            self._threads += 1
            number = self._threads
        try:
            threading.Thread(target=self._loop, name="faasbatch-%d" % number, daemon=True).start()
        except RuntimeError:  # the system has no thread to give: those that are there go on
            with self._starting:
                self._threads -= 1

    def _add_waiter(self) -> None:
        """Invariant 1."""
        try:
            self._parked.pop().release()
        except IndexError:
            if self._threads < self._max_threads:
                self._start_thread()

    def _park(self, lock) -> None:
        """Invariant 2. A thread that parks looks again afterwards, as the last waiting one may just have left."""
        self._parked.append(lock)
        if not self._waiting:
            try:
                self._parked.remove(lock)
                return
            except ValueError:
                pass  # somebody is waking this very thread
        lock.acquire()

    def _loop(self) -> None:
        try:
            self._receive_and_run()
        except ConnectionError:
            pass  # the supervisor has gone
        except (frames.ProtocolError, OSError, ValueError) as error:  # ValueError: a head that is no JSON
            os.write(2, b"faasbatch worker: %s\n" % str(error).encode("utf-8", "replace"))
            os._exit(EXIT_PROTOCOL)
        except BaseException:  # noqa: B902 - a bug of the worker's own: say it, end as a crash
            import traceback

            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
            os._exit(1)
        os._exit(0 if not forked_child() else 1)

    def _receive_and_run(self) -> None:
        runner = Runner(self._calls)
        run = runner.run
        view = frames.receive_buffer()
        buffers = (view,)
        receive = self._sock.recvmsg_into
        unpack = frames.HEADER.unpack_from
        header_bytes, space, flags = frames.HEADER_BYTES, frames.FD_SPACE, frames.MSG_CMSG_CLOEXEC
        waiting = self._waiting
        parking = allocate_lock()
        parking.acquire()
        while True:
            if len(waiting) >= _MAX_WAITING:
                self._park(parking)
            waiting.append(None)
            size, ancillary, _, _ = receive(buffers, space, flags)
            waiting.pop()
            if not waiting:
                self._add_waiter()
            if not size:
                return
            if size >= header_bytes and not ancillary:
                kind, how, head_size, number, payload_size = unpack(view)
                body = header_bytes + head_size
                if kind == 4 and not how and body + payload_size == size:
                    run(number, view[header_bytes:body], view[body:size])
                    continue
            self._other(frames.parse(view, size, frames.passed_fd(ancillary)), run)

    def _other(self, frame: frames.Frame, run) -> None:
        if frame.kind == frames.CALL:
            run(frame.call, frame.head, frame.payload)
        elif frame.kind == frames.CANCEL:
            self._calls.cancel(frame.call)
        elif frame.kind == frames.PING:
            frames.send(self._sock, frames.PING, 0, b"{}")
        elif frame.kind == frames.LOAD:
            raise frames.ProtocolError("a second Load")
        else:
            raise frames.ProtocolError("frame %d in Threads mode" % frame.kind)


def serve(sock: _socket.socket, function: Function, started: int) -> None:
    """Serves until the supervisor closes the socket; the main thread only waits, so that signals reach it."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()  # full collections need not walk through what is loaded
    frames.send(sock, frames.LOADED, 0, loaded_head(started))
    ThreadServer(sock, function).start()
    forever = allocate_lock()
    forever.acquire()
    forever.acquire()
