"""Threads mode: results, failures, parallelism, cancel, bounds."""

import collections
import time
import unittest

from supervisor import ABANDONED, CANCEL, HEADER, RESULT, Worker

DEEDS = '''
import os, signal, sys, threading, time

class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no text")

def deep(n):
    return deep(n + 1)

def nest():
    out = []
    for _ in range(100000):
        out = [out]
    return out

def ring():
    out = []
    out.append(out)
    return out

def chained():
    try:
        {}["k"]
    except KeyError as error:
        raise ValueError("outer") from error

def forked():
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return "parent"
    return "child"

def forked_raise():
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    raise ValueError("in the child")

DEEDS = {
    "raise": lambda: (_ for _ in ()).throw(ValueError("x")),
    "exit": lambda: sys.exit(4), "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt()),
    "memory": lambda: bytearray(1 << 62), "deep": lambda: deep(0), "odd": lambda: (_ for _ in ()).throw(Odd()),
    "surrogate_message": lambda: (_ for _ in ()).throw(ValueError("\\ud800")),
    "long_message": lambda: (_ for _ in ()).throw(ValueError("m" * 1000000)),
    "nan": lambda: float("nan"), "inf": lambda: {"a": [float("inf")]}, "bytes": lambda: b"raw", "object": object,
    "surrogate": lambda: "\\ud800", "ring": ring, "nest": nest, "tuple_key": lambda: {(1, 2): 3}, "set": lambda: {1},
    "big_int": lambda: 10 ** 5000, "keys": lambda: {1: "a", None: "b", True: "c", 1.5: "d"},
    "large": lambda: "y" * 1000000, "too_large": lambda: "z" * 7000000, "chained": chained,
    "forked": forked, "forked_raise": forked_raise, "none": lambda: None,
}

def handler(event, context):
    return DEEDS[event]()
'''


class Failures(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.worker = Worker()
        assert "error" not in cls.worker.load(DEEDS).head

    @classmethod
    def tearDownClass(cls) -> None:
        assert cls.worker.end() == 0

    def error(self, deed: str) -> dict:
        frame = self.worker.run(deed)
        self.assertIn("error", frame.head, deed)
        self.assertEqual(frame.payload, b"")
        self.assertEqual(self.worker.run("none").payload, b"null", "the worker goes on")
        return frame.head["error"]

    def test_exception(self) -> None:
        error = self.error("raise")
        self.assertEqual((error["type"], error["message"]), ("ValueError", "x"))
        self.assertIn('File "fn.py"', error["traceback"])
        self.assertIn("return DEEDS[event]()", error["traceback"])
        self.assertNotIn("faasbatch_worker", error["traceback"])

    def test_every_exception_is_of_its_call_alone(self) -> None:
        for deed, kind in (("exit", "SystemExit"), ("interrupt", "KeyboardInterrupt"), ("memory", "MemoryError"),
                           ("deep", "RecursionError"), ("odd", "Odd"), ("surrogate_message", "ValueError"),
                           ("no such deed", "KeyError")):
            self.assertEqual(self.error(deed)["type"], kind)

    def test_str_that_raises(self) -> None:
        self.assertIn("RuntimeError", self.error("odd")["message"])

    def test_bounds_of_an_error(self) -> None:
        self.assertLessEqual(len(self.error("long_message")["message"]), 8192)
        self.assertLessEqual(len(self.error("deep")["traceback"].encode()), 16384)

    def test_chain_is_shown(self) -> None:
        text = self.error("chained")["traceback"]
        self.assertIn("KeyError", text)
        self.assertIn("direct cause", text)

    def test_invalid_output(self) -> None:
        for deed in ("nan", "inf", "bytes", "object", "surrogate", "ring", "nest", "tuple_key", "set", "big_int"):
            self.assertEqual(self.error(deed)["type"], "InvalidOutput", deed)

    def test_keys_are_as_json_makes_them(self) -> None:
        frame = self.worker.run("keys")
        self.assertEqual(frame.value(), {"1": "c", "null": "b", "1.5": "d"})

    def test_large_and_too_large(self) -> None:
        frame = self.worker.run("large")
        self.assertTrue(frame.in_memfd)
        self.assertEqual(frame.value(), "y" * 1000000)
        self.assertEqual(self.error("too_large")["type"], "OutputTooLarge")

    def test_fork_in_a_handler_gives_one_result(self) -> None:
        self.assertEqual(self.worker.run("forked").value(), "parent")
        self.assertEqual(self.worker.run("forked_raise").value(), 1)


class Serving(unittest.TestCase):
    def test_echo_of_many_shapes(self) -> None:
        with Worker() as worker:
            worker.load("def handler(event, context):\n    return event\n")
            values = [None, True, 0, -1, 1.5, 2 ** 70, "", "\u00e9\u4e16\U0001f600\x00", [], {}, {"a": [1, {"b": None}]}, "x" * 130000, "x" * 131000]
            for value in values:
                self.assertEqual(worker.run(value).value(), value)
                self.assertEqual(worker.result(worker.call(value, memfd=True)).value(), value)
            frame = worker.run("x")
            self.assertEqual(set(frame.head), {"q", "e", "o"})

    def test_context(self) -> None:
        source = ("import threading\ndef handler(event, context):\n    return [context.invocation_id, context.run_id, context.step,"
                  " context.index, context.attempt, 8 < context.deadline <= 10, context.cancelled]\n")
        with Worker() as worker:
            worker.load(source)
            frame = worker.result(worker.call(None, 10, i="I", r="R", s="S", x=[3, 1], a=2))
            self.assertEqual(frame.value(), ["I", "R", "S", [3, 1], 2, True, False])

    def test_a_hundred_sleep_at_once(self) -> None:
        source = ("import threading\nbarrier = threading.Barrier(100)\ndef handler(event, context):\n"
                  "    barrier.wait(15)\n    return event\n")
        with Worker() as worker:
            worker.load(source, limit=100)
            for _ in range(3):  # growing, then with parked threads
                numbers = [worker.call(i) for i in range(100)]
                self.assertEqual([worker.result(n).value() for n in numbers], list(range(100)))

    def test_exclusive_runs_one_at_a_time_in_order(self) -> None:
        source = ("import threading\nlock = threading.Lock()\nseen = []\ndef handler(event, context):\n"
                  "    assert lock.acquire(False)\n    seen.append(event)\n    lock.release()\n    return seen[-3:]\n")
        with Worker() as worker:
            worker.load(source, mode="Exclusive", limit=1)
            for i in range(20):
                self.assertEqual(worker.run(i).value()[-1], i)

    def test_short_and_long_calls_mixed(self) -> None:
        source = ("import time\ndef handler(event, context):\n    if event % 7 == 0:\n        time.sleep(0.002)\n    return event\n")
        with Worker() as worker:
            worker.load(source, limit=16)
            expected = {}
            sent = 0
            while sent < 3000 or len(worker.results) < 3000:
                while sent < 3000 and sent - len(worker.results) < 16:
                    expected[worker.call(sent)] = sent
                    sent += 1
                worker.take()
            self.assertEqual({n: f.value() for n, f in worker.results.items()}, expected)

    def test_result_comes_when_it_is_there(self) -> None:
        source = ("import threading\ngate = threading.Event()\ndef handler(event, context):\n    if event == 'wait':\n"
                  "        gate.wait(15)\n    else:\n        gate.set()\n    return event\n")
        with Worker() as worker:
            worker.load(source)
            first = worker.call("wait")
            self.assertEqual(worker.run("go").value(), "go")
            self.assertEqual(worker.result(first).value(), "wait")

    def test_cancel_is_heard_while_all_threads_are_busy(self) -> None:
        source = ("import time\ndef handler(event, context):\n    print('up')\n    end = time.monotonic() + 15\n    while not context.cancelled and"
                  " time.monotonic() < end:\n        time.sleep(0.005)\n    return context.cancelled\n")
        with Worker() as worker:
            worker.load(source, limit=3)
            numbers = [worker.call() for _ in range(3)]
            for _ in numbers:
                self.assertEqual(worker.take().payload, b"up\n")
            for number in reversed(numbers):
                worker.send(CANCEL, number, {})
            self.assertEqual([worker.result(n).value() for n in numbers], [True] * 3)

    def test_cancel_that_overtakes_its_call(self) -> None:
        with Worker() as worker:
            worker.load("def handler(event, context):\n    return context.cancelled\n")
            worker.send(CANCEL, 777, {})
            for number in range(1, 100):  # two threads receive, so a call may still be the first to be looked at
                worker.send(CANCEL, number, {})
                time.sleep(0.01)
                frame = worker.run()
                if frame.head.get("error"):
                    break
            self.assertEqual(frame.head["error"]["type"], "Cancelled")
            self.assertIs(worker.run().value(), False)

    def test_overdue_calls_are_counted(self) -> None:
        source = ("import threading, time\ngate = threading.Event()\ndef handler(event, context):\n    if event:\n        gate.set()\n"
                  "    else:\n        while context.deadline > 0:\n            time.sleep(0.001)\n        print('overdue')\n        gate.wait(15)\n"
                  "    return context.deadline < 0\n")
        with Worker() as worker:
            worker.load(source)
            late = worker.call(None, 0.001)
            self.assertEqual(worker.take().payload, b"overdue\n")
            worker.send(CANCEL, late, {})
            self.assertEqual(worker.wait(ABANDONED).head, {"threads": 1})
            worker.run(1)
            self.assertIs(worker.result(late).value(), True)
            self.assertEqual(worker.wait(ABANDONED).head, {"threads": 0})

    def test_coroutine_behind_a_plain_function(self) -> None:
        source = ("import asyncio\nasync def inner(event):\n    await asyncio.sleep(0)\n    return event\n"
                  "def handler(event, context):\n    return inner(event)\n")
        with Worker() as worker:
            worker.load(source)
            self.assertEqual(worker.run(5).value(), 5)

    def test_no_result_comes_from_a_handler_that_killed_its_process(self) -> None:
        for _ in range(12):
            with Worker() as worker:
                worker.load("import os\ndef handler(event, context):\n    os.kill(os.getpid(), 11)\n    return 1\n")
                worker.call()
                self.assertEqual(worker.process.wait(60), -11)
                self.assertFalse([frame for frame in iter(worker.receive, None) if frame.kind == RESULT])

    def test_a_child_can_be_signalled(self) -> None:
        with Worker() as worker:
            worker.load("import os, subprocess\ndef handler(event, context):\n    child = subprocess.Popen(['sleep', '60'])\n"
                        "    os.kill(child.pid, 15)\n    return child.wait()\n")
            self.assertEqual(worker.run().value(), -15)

    def test_crashes_end_the_process(self) -> None:
        for deed, status in (("os._exit(9)", 9), ("os.kill(os.getpid(), 11)", -11), ("os.abort()", -6)):
            with Worker() as worker:
                worker.load("import os\ndef handler(event, context):\n    %s\n" % deed)
                worker.call()
                self.assertEqual(worker.process.wait(60), status)

    def test_handler_that_closes_descriptors_does_not_reach_the_socket(self) -> None:
        with Worker() as worker:
            worker.load("import os\ndef handler(event, context):\n    os.closerange(3, 256)\n    try:\n        os.write(3, b'junk')\n"
                        "    except OSError:\n        return 'closed'\n")
            self.assertEqual(worker.run().value(), "closed")

    def test_worker_ends_when_the_supervisor_goes_in_the_middle_of_calls(self) -> None:
        with Worker() as worker:
            worker.load("import time\ndef handler(event, context):\n    time.sleep(60)\n")
            for _ in range(5):
                worker.call()
            self.assertEqual(worker.end(), 0)

    def test_second_load_breaks_the_protocol(self) -> None:
        with Worker() as worker:
            worker.load("def handler():\n    return 1\n")
            worker.send(2, 0, {})
            self.assertEqual(worker.process.wait(60), 70)

    def test_frames_that_break_the_protocol_end_it(self) -> None:
        for kind, head, payload, in_memfd in ((4, b"{", b"1", 0), (4, b"[]", b"1", 1), (99, b"{}", b"", 0), (9, b"{}", b"", 0)):
            with Worker() as worker:
                worker.load("def handler():\n    return 1\n")
                worker.sock.send(HEADER.pack(kind, in_memfd, len(head), 1, len(payload)) + head + payload)
                self.assertEqual(worker.process.wait(60), 70, (kind, head))

    def test_input_that_is_no_json_fails_the_call(self) -> None:
        with Worker() as worker:
            worker.load("def handler(event):\n    return event\n")
            worker.send(4, 500, {"i": "i"}, b"{oops")
            self.assertEqual(worker.result(500).head["error"]["type"], "JSONDecodeError")
            worker.send(4, 501, {"i": "i"}, b" [1]\n")
            self.assertEqual(worker.result(501).value(), [1])
            worker.send(4, 502, {"i": "i"}, b"")
            self.assertIsNone(worker.result(502).value())

    def test_process_pools_inside_a_handler(self) -> None:
        source = ("import concurrent.futures\ndef square(x):\n    return x * x\ndef handler(event, context):\n"
                  "    with concurrent.futures.ProcessPoolExecutor(2) as pool:\n        return list(pool.map(square, event))\n")
        with Worker() as worker:
            worker.load(source)
            self.assertEqual(worker.run([1, 2, 3]).value(), [1, 4, 9])

    def test_memory_does_not_grow_with_calls(self) -> None:
        with Worker() as worker:
            worker.load("def handler(event, context):\n    print('x')\n    if event % 2:\n        raise ValueError(event)\n    return 'y' * 1000\n")
            sizes = collections.deque(maxlen=2)
            for _ in range(3):
                for i in range(1500):
                    worker.run(i)
                sizes.append(worker.rss_bytes())
            self.assertLess(sizes[1] - sizes[0], 2 << 20)


if __name__ == "__main__":
    unittest.main()
