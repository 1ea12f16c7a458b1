"""Tells the supervisor what sharing has saved: `Shared` frames, when the counts have changed, at most one a second.

The memory that one client takes is measured, not assumed. For constructors known to do nothing but construct,
one more client is built when no call runs, and the interpreter's allocations are counted meanwhile
(tracemalloc's counter, on for that moment only); that leaves out what the first one caused once and for all
(imports, caches). In a worker that is never without a call, it is the median of three such measurements. For
the names in `share`, whose constructors may have effects, it is the growth of the resident size while the
shared one was built: other threads' growth may be in it.

In Processes mode the zygote measures what its children go on using, before it forks any; each child says what it
has made and reused once, after its call. What a child made itself is not measured: nothing is claimed for it.
"""

import json
import threading
import time
from _thread import allocate_lock

from faasbatch_worker import frames, sharing

MIN_SECONDS_BETWEEN = 1.0
_FIRST_SECONDS = 0.05  # so that a burst's reuse is in the first frame
_MAX_TURNS_BUSY = 3  # then the median of three is taken while calls run
_HARMLESS = ("redis.Redis", "redis.from_url", "boto3.client", "boto3.Session.client", "requests.Session",
             "couchdb.Server")


class Reporter:
    """Sleeps until something changes. Its thread starts with the first shared client."""

    def __init__(self, sock, is_idle) -> None:
        self._sock = sock
        self._is_idle = is_idle
        self._changed = False
        self._starting = allocate_lock()
        self._wake = allocate_lock()
        self._wake.acquire()
        self._started = False
        self._turns_busy = 0

    def note(self) -> None:
        """Something has changed. Cheap; any thread."""
        if self._changed:
            return
        with self._starting:
            if self._changed:
                return
            self._changed = True
            if self._started:
                self._wake.release()
                return
            self._started = True
        threading.Thread(target=self._loop, name="faasbatch-report", daemon=True).start()

    def _loop(self) -> None:
        while True:
            time.sleep(_FIRST_SECONDS)
            unmeasured = self._measure()
            with self._starting:
                self._changed = False
            if not _send(self._sock, sharing.report()):
                return
            time.sleep(MIN_SECONDS_BETWEEN - _FIRST_SECONDS)
            if unmeasured:
                self.note()
            self._wake.acquire()

    def _measure(self) -> bool:
        """Measures what can be measured now; whether something is left."""
        left = False
        for entry in sharing.entries():
            if entry.each_bytes is not None or not entry.reused or entry.label not in _HARMLESS:
                continue
            self._turns_busy = 0 if self._is_idle() else self._turns_busy + 1
            if not self._turns_busy:
                entry.each_bytes = size_of_one(entry.build)
            elif self._turns_busy > _MAX_TURNS_BUSY:
                entry.each_bytes = sorted(size_of_one(entry.build) for _ in range(3))[1]
            else:
                left = True
        return left


def _send(sock, report: "list[dict]") -> bool:
    """False when the supervisor has gone."""
    head = json.dumps(report, separators=(",", ":")).encode()
    while len(head) > frames.MAX_HEAD_BYTES:  # some hundred names in `share`
        report = report[:len(report) // 2]
        head = json.dumps(report, separators=(",", ":")).encode()
    try:
        frames.send(sock, frames.SHARED, 0, head)
    except OSError:
        return False
    return True


def before_forks(sock) -> None:
    """In the zygote: says what the module has made, and measures what the children go on using."""
    for entry in sharing.entries():
        entry.each_bytes = size_of_one(entry.build) if sharing.outlives_fork(entry) else 0
    report = sharing.report()
    if report:
        _send(sock, report)


def of_child(sock) -> None:
    """In a forked child whose call has ended."""
    for entry in sharing.entries():
        if entry.each_bytes is None:
            entry.each_bytes = 0
    report = sharing.report()
    if report:
        _send(sock, report)


def size_of_one(build) -> int:
    """The bytes that one more object takes while it lives."""
    import _tracemalloc

    traced = _tracemalloc.is_tracing()
    try:
        with sharing.unshared():
            if not traced:
                _tracemalloc.start(1)
            before = _tracemalloc.get_traced_memory()[0]
            value = build()
            after = _tracemalloc.get_traced_memory()[0]
            del value
        return max(0, after - before)
    except Exception:
        return 0  # it could be built once and no more: nothing is claimed
    finally:
        if not traced:
            _tracemalloc.stop()


def start(sock, is_idle) -> None:
    """Reports from here on; `is_idle()` says whether no call is running."""
    reporter = Reporter(sock, is_idle)
    sharing.on_change(reporter.note)
    if sharing.entries():
        reporter.note()
