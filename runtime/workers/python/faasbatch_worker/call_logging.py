"""`context.logger`: a logger of its own for every call that asks for one."""

import logging

_FORMAT = logging.Formatter("%(levelname)s %(name)s: %(message)s")


class _CallHandler(logging.Handler):
    def __init__(self, context) -> None:
        super().__init__()
        self._context = context
        self.setFormatter(_FORMAT)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._context._write(1, self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def logger_of(context) -> logging.Logger:
    """A new logger, known to no registry, so that it goes when its call does."""
    logger = logging.Logger(context.step or "handler", logging.INFO)
    logger.addHandler(_CallHandler(context))
    return logger
