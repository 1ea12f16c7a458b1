"""Starts the worker: `python3 -S .../faasbatch_worker/__main__.py`, with the supervisor's socket as descriptor 3.

`-S` leaves `site` out of the generic worker's start (3 ms, 0.3 MB); the worker runs it itself before it
loads.
"""

import sys

_SOCKET_FD = 3


def _start() -> None:
    # Run by path, the interpreter has put this folder in front; what handlers may import lies one above,
    # and comes last so that it hides no module of the user's.
    here = sys.path.pop(0) if sys.path else ""
    above = __file__.rpartition("/")[0].rpartition("/")[0] or "."
    if here and here.rstrip("/") != __file__.rpartition("/")[0].rstrip("/"):
        sys.path.insert(0, here)
    sys.path.append(above)
    from faasbatch_worker.worker import run

    run(_SOCKET_FD)


if __name__ == "__main__":
    _start()
