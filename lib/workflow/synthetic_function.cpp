#include "lib/workflow/synthetic_function.h"

namespace faasbatch::workflow::faasflow {

std::string_view syntheticSource() {
  return R"("""Stands in for a function of a measured workflow.

It reads its declared inputs, takes its run time, and writes outputs of the declared sizes: small ones are returned,
large ones go through context.store in pieces.
"""
import time
import uuid

PIECE_BYTES = 1 << 20
TTL_SECONDS = 600


def handler(event, context):
    for name, spec in event["inputs"].items():
        read(name, spec["value"], spec, context)
    time.sleep(event["seconds"])
    return {name: write(name, spec, context) for name, spec in event["outputs"].items()}


def read(name, value, spec, context):
    if isinstance(value, list):
        for item in value:
            read(name, item, spec, context)
    elif isinstance(value, dict) and "stored" in value:
        got = read_stored(name, value, spec.get("drop", False), context)
        check(name, got, value["size"])
    elif isinstance(value, str) and "size" in spec:
        check(name, len(value), spec["size"])


def check(name, got, size):
    if got != size:
        raise ValueError(f"input {name!r} has {got} bytes, not {size}")


def read_stored(name, value, drop, context):
    got = 0
    for number in range(value["pieces"]):
        key = f"{value['stored']}/{number}"
        piece = context.store.get(key)
        if piece is None:
            if drop and context.attempt > 1:
                return value["size"]  # an earlier attempt has read and dropped it
            raise LookupError(f"input {name!r}: the store has no {key!r}")
        got += len(piece)
        if drop:
            context.store.delete(key)
    return got


def write(name, spec, context):
    if "keys" in spec:
        return [f"{name}-{number}" for number in range(spec["keys"])]
    if spec.get("stored"):
        return write_stored(spec["size"], spec.get("drop", False), context)
    return "x" * spec["size"]


def write_stored(size, drop, context):
    prefix = f"{context.run_id}/{context.step}/{uuid.uuid4().hex}"
    pieces = 0
    for begin in range(0, size, PIECE_BYTES):
        key = f"{prefix}/{pieces}"
        context.store.put(key, bytes(min(PIECE_BYTES, size - begin)), ttl=TTL_SECONDS)
        if drop:
            context.store.delete(key)
        pieces += 1
    return {"stored": prefix, "pieces": pieces, "size": size}
)";
}

}  // namespace faasbatch::workflow::faasflow
