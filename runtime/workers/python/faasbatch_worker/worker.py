"""The life of a worker: Hello, wait generically, Load once, then serve in the function's mode.

The process ends with 0 when the supervisor closes the socket, with 70 when a frame breaks the protocol. It
always ends by os._exit: handlers may have left threads behind that would hold up an orderly end.
"""

import _signal
import _socket
import os
import sys
from time import perf_counter_ns

from faasbatch_worker import frames

EXIT_PROTOCOL = 70


def run(fd: int) -> None:
    """Runs the worker on the socket `fd`; never returns."""
    status = 0
    try:
        _signal.signal(_signal.SIGINT, _signal.SIG_IGN)  # Ctrl-C is the agent's to handle
        sock = frames.take_private(fd)
        receiver = frames.Receiver(sock)
        hello = b'{"pid":%d,"version":%d}' % (os.getpid(), frames.PROTOCOL_VERSION)
        frames.send(sock, frames.HELLO, 0, hello)
        _prepare()
        _serve(sock, receiver)
    except ConnectionError:
        pass  # the supervisor closed the socket while frames were under way
    except frames.ProtocolError as error:
        os.write(2, b"faasbatch worker: %s\n" % str(error).encode("utf-8", "replace"))
        status = EXIT_PROTOCOL
    except BaseException:  # noqa: B902 - a bug of the worker's own: say it, end as a crash
        import traceback

        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
        status = 1
    os._exit(status)


def _prepare() -> None:
    """What every function needs, done while the worker waits anyway."""
    import json  # noqa: F401
    from faasbatch_worker import calls, loader, own_signals, threads  # noqa: F401


def _serve(sock: _socket.socket, receiver: frames.Receiver) -> None:
    while True:
        frame = receiver.receive()
        if frame is None:
            return
        if frame.kind != frames.LOAD:
            raise frames.ProtocolError("frame %d before Load" % frame.kind)
        started = perf_counter_ns()
        from faasbatch_worker import calls, loader, own_signals

        own_signals.install()
        calls.watch_forks()
        outcome = loader.load(frame.payload or frame.head, sock)
        if calls.forked_child():
            os._exit(0)  # the module forked while it was imported; the parent answers
        if isinstance(outcome, bytes):
            frames.send(sock, frames.LOADED, 0, outcome)
            continue  # the supervisor ends a worker that could not load
        sys.stdout.flush()
        sys.stderr.flush()
        if outcome.mode == "Processes":
            from faasbatch_worker import zygote as server
        elif outcome.is_async:
            from faasbatch_worker import tasks as server
        else:
            from faasbatch_worker import threads as server
        server.serve(sock, outcome, started)
        return
