"""Measures the worker alone, this script being its supervisor: `bench_worker.py [NAME...]`.

For one caller (the next call goes out when the last has come back) and for 32 and 64 (that many always queued):
calls a second and the worker's CPU time a call; then 100 sleeping calls, 30 000 printed lines, a fork a call,
resident sizes, and load times. Medians of ROUNDS.
"""

import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "tests"))

import supervisor as s  # noqa: E402

ROUNDS = 5
NOOP = "def handler(event, context):\n    return event\n"
ASYNC = "async def handler(event, context):\n    return event\n"
SLEEP = "import time\ndef handler(event, context):\n    time.sleep(0.1)\n"
PRINT = "def handler(event, context):\n    for _ in range(30000):\n        print('x' * 1023)\n"
MIXED = ("import time\ndef handler(event, context):\n    if event % 10 == 0:\n        time.sleep(0.005)\n"
         "    return event\n")
CALLS = 20_000


def drive(worker: s.Worker, callers: int, count: int) -> tuple[float, float]:
    """Calls a second and worker CPU microseconds a call, with raw packets so that the driver costs little."""
    send, receive = worker.sock.send, worker.sock.recv
    worker.sock.settimeout(None)
    head = b'{"i":"0197a1b2-0000-7000-8000-000000000000","r":"0197a1b2","s":"step","x":[],"a":1,"t":30}'
    sent = received = 0
    cpu, started = worker.cpu_seconds(), time.perf_counter()
    while received < count:
        while sent < count and sent - received < callers:
            sent += 1
            body = b"%d" % sent
            send(s.HEADER.pack(s.CALL, 0, len(head), sent, len(body)) + head + body)
        receive(4096)
        received += 1
    took = time.perf_counter() - started
    return count / took, (worker.cpu_seconds() - cpu) / count * 1e6


def row(name: str, value: float, unit: str) -> None:
    print("%-52s %12.1f %s" % (name, value, unit), flush=True)


def bench_calls(name: str, source: str, callers: int, count: int = CALLS) -> None:
    with s.Worker() as worker:
        worker.load(source, limit=64)
        drive(worker, callers, 2000)
        pairs = [drive(worker, callers, count) for _ in range(ROUNDS)]
    row("%s, %d caller(s)" % (name, callers), statistics.median(p[0] for p in pairs), "calls/s")
    row("%s, %d caller(s): worker CPU" % (name, callers), statistics.median(p[1] for p in pairs), "us/call")


def bench_sleep() -> None:
    with s.Worker() as worker:
        worker.load(SLEEP, limit=100)
        for turn in ("first", "second"):
            started = time.perf_counter()
            for number in [worker.call() for _ in range(100)]:
                worker.result(number)
            row("100 calls of 100 ms sleep, %s time" % turn, (time.perf_counter() - started) * 1e3, "ms")
        row("resident with 101 threads", worker.rss_bytes() / 2**20, "MiB")


def bench_print() -> None:
    with s.Worker() as worker:
        worker.load(PRINT)
        started = time.perf_counter()
        worker.run()
        row("30 000 prints of 1 KB", (time.perf_counter() - started) * 1e3, "ms")
        row("resident afterwards", worker.rss_bytes() / 2**20, "MiB")


def bench_start() -> None:
    starts, loads, loads_now, idle, loaded = [], [], [], [], []
    for _ in range(ROUNDS * 2):
        begun = time.perf_counter()
        with s.Worker() as worker:
            starts.append((time.perf_counter() - begun) * 1e3)
            time.sleep(0.05)  # a generic warm worker has had its time
            idle.append(worker.rss_bytes() / 2**20)
            begun = time.perf_counter()
            worker.load(NOOP)
            loads.append((time.perf_counter() - begun) * 1e3)
            loaded.append(worker.rss_bytes() / 2**20)
        begun = time.perf_counter()
        with s.Worker() as worker:
            worker.load(NOOP)
            worker.run()
            loads_now.append((time.perf_counter() - begun) * 1e3)
    row("start to Hello", statistics.median(starts), "ms")
    row("warm: Load to Loaded", statistics.median(loads), "ms")
    row("cold: start to first result", statistics.median(loads_now), "ms")
    row("resident, generic", statistics.median(idle), "MiB")
    row("resident, loaded", statistics.median(loaded), "MiB")


def bench_fork() -> None:
    import test_zygote

    with s.Worker() as worker:
        worker.load("import json, threading\ndef handler(event, context):\n    return event\n", mode="Processes")
        times = []
        for i in range(300):
            begun = time.perf_counter()
            child, _ = test_zygote.forked(worker, i)
            child.result()
            times.append((time.perf_counter() - begun) * 1e3)
            child.close()
            worker.children.clear()
        row("Fork to Result, p50", statistics.median(times), "ms")
        row("zygote resident", worker.rss_bytes() / 2**20, "MiB")


def bench_boto3() -> None:
    import test_sharing

    means, sizes = {}, {}
    for share in ("on", "off"):
        with s.Worker() as worker:
            # The default session has made another client before: ten threads at once trip over its start.
            source = test_sharing.Boto3.SOURCE.replace("return [id(c), ", "keep.append(c)\n    return [id(c), ")
            source += "keep = [boto3.client('sqs', region_name='eu-west-1')]\n"
            worker.load(source, env={**test_sharing.Boto3.ENV, "FAASBATCH_SHARE": share})
            rounds = []
            for turn in range(4):
                if turn == 1:
                    before = worker.rss_bytes()  # past what the first of all costs, shared or not
                values = [worker.result(n).value() for n in [worker.call() for _ in range(10)]]
                rounds.append(statistics.mean(v[1] for v in values) * 1e3)
            means[share], sizes[share] = rounds, (worker.rss_bytes() - before) / 2**20
            row("10 x boto3 S3 client, sharing %s: first burst, mean" % share, rounds[0], "ms")
            row("10 x boto3 S3 client, sharing %s: all bursts, mean" % share, statistics.mean(rounds), "ms")
            row("10 x boto3 S3 client, sharing %s: later bursts, mean" % share, statistics.mean(rounds[1:]) * 1e3, "us")
            row("growth of the worker over 30 more, all held, sharing %s" % share, sizes[share], "MiB")
    row("unshared / shared, first burst", means["off"][0] / means["on"][0], "x")
    row("unshared / shared, later bursts", statistics.mean(means["off"][1:]) / statistics.mean(means["on"][1:]), "x")


BENCHES = {
    "start": bench_start,
    "one": lambda: bench_calls("no-op", NOOP, 1),
    "many": lambda: [bench_calls("no-op", NOOP, n) for n in (32, 64)],
    "mixed": lambda: bench_calls("one in ten sleeps 5 ms", MIXED, 32, 5000),
    "async": lambda: [bench_calls("async no-op", ASYNC, n) for n in (1, 32)],
    "sleep": bench_sleep,
    "print": bench_print,
    "fork": bench_fork,
    "boto3": bench_boto3,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or BENCHES:
        BENCHES[chosen]()
