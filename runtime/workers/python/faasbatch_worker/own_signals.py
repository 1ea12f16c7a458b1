"""A signal that a handler sends to its own process reaches the handler's own thread.

The kernel gives a signal sent to a process to any of its threads; the sender may then go on for a moment, and a handler that has
just killed its process could still report success. Sent to the thread itself, a fatal signal ends the process before the call
returns.
"""

import os
from _thread import get_ident


def install() -> None:
    """Directs os.kill of this very process; other processes are signalled as ever. Before user code is imported."""
    send = os.kill

    def kill(pid: int, sig: int, /) -> None:
        if pid == os.getpid() and sig != 0:
            import signal

            signal.pthread_kill(get_ident(), sig)
        else:
            send(pid, sig)

    kill.__doc__ = send.__doc__
    os.kill = kill
