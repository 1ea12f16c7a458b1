"""Makes what a handler starts write to its call's log: threads, and work given to thread pools.

Only the call is handed on, no other context variable, so handlers see the contexts they would see without the
worker.
"""

from faasbatch_worker.capture import current


def follow_threads(threading) -> None:
    """Makes threads that a handler starts write to its call's log."""
    start = threading.Thread.start

    def start_attributed(self) -> None:
        context = current.get()
        if context is not None and "run" not in self.__dict__:
            run = self.run

            def run_attributed() -> None:
                self.__dict__.pop("run", None)
                current.set(context)
                run()

            self.run = run_attributed
        start(self)

    start_attributed.__doc__ = start.__doc__
    threading.Thread.start = start_attributed


def follow_executors(module) -> None:
    """Makes work given to a ThreadPoolExecutor write to the log of the call that gave it."""
    submit = module.ThreadPoolExecutor.submit

    def submit_attributed(self, fn, /, *args, **kwargs):
        context = current.get()
        if context is None:
            return submit(self, fn, *args, **kwargs)

        def attributed(*args, **kwargs):
            token = current.set(context)
            try:
                return fn(*args, **kwargs)
            finally:
                current.reset(token)

        return submit(self, attributed, *args, **kwargs)

    submit_attributed.__doc__ = submit.__doc__
    module.ThreadPoolExecutor.submit = submit_attributed
