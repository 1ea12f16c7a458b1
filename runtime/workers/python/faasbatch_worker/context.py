"""The `context` a handler gets: who is calling, how long it may take, its log, its store, its connections.

Any thread of the handler may use it. After the call has ended it stays readable.
"""

from time import perf_counter_ns

from faasbatch_worker import capture


class Function:
    """The loaded function: what all its calls have in common. Immutable after loading."""

    __slots__ = ("handler", "invoke", "is_async", "mode", "limit", "name", "max_output", "max_log", "sock",
                 "bindings", "time_slices")

    def __init__(self) -> None:
        self.bindings: dict[str, dict] = {}
        self.time_slices = False


class Context:
    """One invocation, as its handler sees it."""

    __slots__ = ("_function", "_number", "_head", "_received", "_cancelled", "_store_ns", "_log", "_logger", "_task",
                 "__weakref__")

    def __init__(self, function: Function, number: int, head: dict, received: int) -> None:
        self._function = function
        self._number = number
        self._head = head
        self._received = received
        self._cancelled = False
        self._store_ns = 0
        self._log = None
        self._logger = None
        self._task = None

    @property
    def invocation_id(self) -> str:
        """The invocation's id, the same for all attempts."""
        return self._head.get("i", "")

    @property
    def run_id(self) -> str:
        """The id of the workflow run the invocation belongs to."""
        return self._head.get("r", "")

    @property
    def step(self) -> str:
        """The step's name."""
        return self._head.get("s", "")

    @property
    def index(self) -> list:
        """The positions in the enclosing foreach and repeat, outermost first."""
        return self._head.get("x") or []

    @property
    def attempt(self) -> int:
        """1 for the first attempt."""
        return self._head.get("a", 1)

    @property
    def deadline(self) -> float:
        """Seconds left before the call times out; negative when it has, infinite without a limit."""
        timeout = self._head.get("t")
        if timeout is None:
            return float("inf")
        return timeout - (perf_counter_ns() - self._received) / 1e9

    @property
    def cancelled(self) -> bool:
        """Whether the caller has asked the call to stop."""
        return self._cancelled

    @property
    def logger(self):
        """A logging.Logger that writes to this call's log (stderr), level INFO."""
        if self._logger is None:
            from faasbatch_worker import call_logging

            self._logger = call_logging.logger_of(self)
        return self._logger

    @property
    def store(self):
        """The workflow's store: get, put, delete."""
        from faasbatch_worker import store

        return store.Store(self)

    def binding(self, name: str):
        """The pod's shared client for the binding `name`."""
        from faasbatch_worker import bindings

        return bindings.client(self._function.bindings, name)

    def __repr__(self) -> str:
        return "<Context invocation_id=%r step=%r attempt=%r>" % (self.invocation_id, self.step, self.attempt)

    def _overdue(self) -> bool:
        return self.deadline <= 0

    def _write(self, stream: int, text: str) -> None:
        """Writes to the call's own log whoever calls; text that comes after its end is dropped."""
        (self._log or capture.log_of(self)).write(stream, text)
