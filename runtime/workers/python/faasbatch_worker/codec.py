"""JSON in and out for one thread, with as little Python on the way as possible.

`decode` takes the text of one JSON value; `encode` gives compact UTF-8, or raises RuntimeFailure
InvalidOutput for what JSON cannot hold: NaN, infinities, unknown types, cycles, too deep nesting, lone
surrogates. The C encoder keeps the containers on its path in a dict to see cycles; each Codec has its own, so
threads that return one common object do not take each other's visit for a cycle.
"""

import json
from json import encoder as json_encoder

from faasbatch_worker.errors import RuntimeFailure


def _refuse(value: object) -> None:
    raise TypeError("%s is not JSON" % type(value).__name__)


class Codec:
    """A decoder and an encoder; one thread at a time may use it."""

    __slots__ = ("_decoder", "_scan", "_markers", "_chunks")

    def __init__(self) -> None:
        self._decoder = json.JSONDecoder()
        self._scan = self._decoder.scan_once
        self._markers: dict = {}
        try:
            self._chunks = json_encoder.c_make_encoder(self._markers, _refuse, json_encoder.c_encode_basestring, None,
                                                       ":", ",", False, False, False)
        except TypeError:  # an interpreter whose C encoder is missing or takes other arguments
            plain = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_refuse)
            self._chunks = lambda value, _level: (plain.encode(value),)

    def decode(self, data) -> object:
        """The value of UTF-8 JSON text (any bytes-like object); no text at all is None."""
        text = str(data, "utf-8")
        try:
            value, end = self._scan(text, 0)
            if end == len(text):
                return value
        except StopIteration:
            if not text:
                return None
        return self._decoder.decode(text)  # white space around it

    def encode(self, value: object) -> bytes:
        """The value as JSON."""
        try:
            return "".join(self._chunks(value, 0)).encode()
        except RecursionError:
            problem = "is nested too deeply"
        except UnicodeEncodeError as error:
            problem = "has a lone surrogate (%r), which UTF-8 cannot hold" % error.object[error.start]
        except (TypeError, ValueError, OverflowError) as error:
            problem = "cannot be written as JSON: %s" % error
        self._markers.clear()
        raise RuntimeFailure("InvalidOutput", "what the handler returned %s; return dicts, lists, strings, finite "
                                              "numbers, booleans or None" % problem)
