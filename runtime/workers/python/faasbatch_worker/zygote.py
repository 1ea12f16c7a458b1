"""Processes mode: the worker has loaded the module and forks a child for each call.

Guarantees: the zygote itself starts no thread and runs no loop before it forks; every child gets a socket of
its own, serves one call and ends with 0. A child is watched through its pidfd: the zygote waits for its own
children only (never for processes that the user's module started), `Exited` comes after `Forked`, and `Kill` and
`Lower` cannot hit a process that took over the number. A child leads a process group of its own; what is left of
it goes when the child ends. Children die with the zygote (PR_SET_PDEATHSIG): ctypes for
that costs 1 MB once, in the zygote, which the children share; asking for the parent in a child instead would
miss the ones that compute.
"""

import _signal
import _socket
import json
import os
import select
import sys

from faasbatch_worker import capture, errors, frames, sharing_report
from faasbatch_worker.calls import Calls, Runner, own_fork
from faasbatch_worker.context import Context, Function
from faasbatch_worker.loader import loaded_head

_PR_SET_PDEATHSIG = 1
LOWEST_NICE = 19
_LOWER_AGAIN_MS = 150  # where the kernel did not take it


class ChildContext(Context):
    """The context in a child, which looks for Cancel on its socket when it is asked: that needs no thread."""

    __slots__ = ()
    receiver: "frames.Receiver | None" = None

    @property
    def cancelled(self) -> bool:
        """Whether the caller has asked the call to stop, or has gone."""
        while not self._cancelled:
            try:
                frame = ChildContext.receiver.receive(_socket.MSG_DONTWAIT)
            except (BlockingIOError, InterruptedError):
                return False
            except (OSError, frames.ProtocolError):
                frame = None
            self._cancelled = frame is None or frame.kind == frames.CANCEL
        return True


class Zygote:
    """Forks children and reaps them."""

    def __init__(self, sock: _socket.socket, function: Function) -> None:
        self._sock = sock
        self._function = function
        self._receiver = frames.Receiver(sock)
        self._pid = os.getpid()
        self._prctl = _load_prctl()
        self._children: dict[int, int] = {}  # pidfd -> pid
        self._lowering: set[int] = set()
        self._poll = select.poll()
        self._poll.register(sock.fileno(), select.POLLIN)

    def run(self) -> None:
        """Serves until the supervisor closes the socket; children that still run die with the zygote."""
        own = self._sock.fileno()
        while True:
            for fd, _ in self._poll.poll(_LOWER_AGAIN_MS if self._lowering else None):
                if fd != own:
                    self._reap(fd)
                elif not self._take():
                    return
            self._lowering = {pid for pid in self._lowering if not lower_priority(pid)}

    def _take(self) -> bool:
        frame = self._receiver.receive()
        if frame is None:
            return False
        if frame.kind == frames.FORK and frame.fd >= 0:
            self._fork(frame.call, frame.fd)
        elif frame.kind == frames.KILL:
            self._kill(int(json.loads(frame.head)["pid"]))
        elif frame.kind == frames.LOWER:
            self._lower(int(json.loads(frame.head)["pid"]))
        elif frame.kind != frames.CANCEL:  # of a call that a child serves: it goes to the child's own socket
            raise frames.ProtocolError("frame %d in Processes mode" % frame.kind)
        return True

    def _fork(self, call: int, fd: int) -> None:
        try:
            pid = own_fork()
            if pid == 0:
                self._become_child(fd)
            pidfd = os.pidfd_open(pid)
        except OSError as error:
            frames.send(self._sock, frames.FORKED, call, b'{"error":%b}' % errors.encode(errors.describe(error)))
            return
        finally:
            os.close(fd)
        self._children[pidfd] = pid
        self._poll.register(pidfd, select.POLLIN)
        frames.send(self._sock, frames.FORKED, call, b'{"pid":%d}' % pid)

    def _reap(self, pidfd: int) -> None:
        pid = self._children.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        self._lowering.discard(pid)
        try:
            # While the child is not reaped its number belongs to nobody else: what is left of its group goes with it.
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            _kill_group(pid)
            _, status = os.waitpid(pid, 0)
        except ChildProcessError:  # the module ignores SIGCHLD, so the kernel has reaped it
            status = 0
        frames.send(self._sock, frames.EXITED, 0, b'{"pid":%d,"status":%d}' % (pid, status))

    def _kill(self, pid: int) -> None:
        for pidfd, child in self._children.items():
            if child == pid:
                _signal.pidfd_send_signal(pidfd, _signal.SIGKILL)

    def _lower(self, pid: int) -> None:
        if pid in self._children.values() and not lower_priority(pid):
            self._lowering.add(pid)

    def _become_child(self, fd: int) -> None:
        """Runs in the child; never returns."""
        status = 1
        try:
            if self._prctl is not None:
                self._prctl(_PR_SET_PDEATHSIG, _signal.SIGKILL, 0, 0, 0)
                if os.getppid() != self._pid:
                    os._exit(1)  # the zygote died before that took effect
            # A session is what the kernel may weigh before processes: lower_priority().
            os.setsid() if self._function.time_slices else os.setpgid(0, 0)
            self._sock.close()  # or the supervisor would not see the zygote go
            serve_one(frames.take_private(fd), self._function)
            status = 0
        except (ConnectionError, BrokenPipeError):
            status = 0  # the supervisor has gone
        except BaseException:  # noqa: B902 - a bug of the worker's own
            import traceback

            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
        os._exit(status)


def serve_one(sock: _socket.socket, function: Function) -> None:
    """Serves the single call of a child. What can be made before the call comes is made before."""
    function.sock = sock
    capture.move_to(sock)
    _reseed()
    receiver = frames.Receiver(sock, frames.receive_buffer())
    if function.is_async:
        from faasbatch_worker.tasks import TaskServer

        server = TaskServer(sock, function)
        cancel, run = server.cancel, server.run_one
    else:
        ChildContext.receiver = receiver
        calls = Calls(function, sock)
        cancel, run = calls.cancel, Runner(calls, ChildContext).run
    while True:
        frame = receiver.receive()
        if frame is None:
            return
        if frame.kind != frames.CANCEL:  # one may be sent before the call
            break
        cancel(frame.call)
    if frame.kind != frames.CALL:
        raise frames.ProtocolError("frame %d in a child" % frame.kind)
    run(frame.call, frame.head, frame.payload)
    sharing_report.of_child(sock)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, _signal.SIGKILL)
    except OSError:
        pass  # nothing is left of it


def lower_priority(pid: int) -> bool:
    """Gives a child the lowest priority: its process group, and its session where the kernel weighs those (sched(7)).

    False where the kernel takes the session's only a little later: unprivileged, ten changes a second are taken on
    the whole machine.
    """
    try:
        os.setpriority(os.PRIO_PGRP, pid, LOWEST_NICE)
        with open("/proc/%d/autogroup" % pid, "wb", buffering=0) as file:
            return file.write(b"%d" % LOWEST_NICE) is not None  # None: EAGAIN
    except OSError:
        pass  # it has ended, or the kernel weighs no sessions
    return True


def _reseed() -> None:
    """Gives the child random numbers of its own; the `random` module does so by itself at a fork."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _load_prctl():
    try:
        import ctypes

        return ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None  # an interpreter without ctypes: the supervisor, a subreaper, kills what is left


def _warn_of_threads() -> None:
    import threading

    extra = threading.active_count() - 1
    if extra:
        print("faasbatch: the module started %d thread(s) at import; in Processes mode calls run in forked processes, "
              "where these threads are not" % extra, file=sys.stderr)


def serve(sock: _socket.socket, function: Function, started: int) -> None:
    """Serves until the supervisor closes the socket."""
    import gc
    import mmap  # noqa: F401 - once here instead of in every child

    if function.is_async:
        from faasbatch_worker import tasks  # noqa: F401 - once here instead of in every child
    _warn_of_threads()
    if _signal.getsignal(_signal.SIGCHLD) == _signal.SIG_IGN:
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # the kernel would reap the children before the zygote does
    frames.send(sock, frames.LOADED, 0, loaded_head(started))
    sharing_report.before_forks(sock)
    zygote = Zygote(sock, function)
    gc.collect()
    gc.freeze()  # the collector leaves what is there alone, so children do not copy those pages
    zygote.run()
