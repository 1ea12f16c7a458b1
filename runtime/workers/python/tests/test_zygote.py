"""Processes mode: a child a call, reaped and killed by the zygote alone."""

import os
import shutil
import signal
import socket
import tempfile
import time
import unittest

from supervisor import CALL, CANCEL, EXITED, FORK, FORKED, KILL, LOG, LOWER, RESULT, Channel, Worker


class Child(Channel):
    """The supervisor's end of a forked child."""

    def __init__(self, worker: Worker, number: int) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        worker.send(FORK, number, {}, fds=[theirs.fileno()])
        theirs.close()
        super().__init__(ours)
        worker.children.append(self)
        self.number = number
        self.log = ""

    def call(self, event: object) -> None:
        import json

        self.send(CALL, self.number, {"i": "i", "r": "r", "s": "s", "x": [], "a": 1, "t": 30}, json.dumps(event).encode())

    def result(self):
        while True:
            frame = self.receive()
            if frame is None:
                return None
            if frame.kind == LOG:
                self.log += frame.payload.decode()
            if frame.kind == RESULT:
                return frame


def forked(worker: Worker, event: object) -> tuple[Child, int]:
    child = Child(worker, forked.count)
    forked.count += 1
    child.call(event)
    frame = worker.wait(FORKED)
    assert frame.call == child.number
    return child, frame.head["pid"]


forked.count = 1


def session_nice(pid: int) -> str:
    """Of the process's session, where the kernel weighs sessions; else ""."""
    try:
        with open("/proc/%d/autogroup" % pid) as file:
            return file.read().rpartition(" ")[2].strip()
    except OSError:
        return ""


def alive(pid: int) -> bool:
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Zygote(unittest.TestCase):
    def start(self, source: str, **spec: object) -> Worker:
        worker = Worker()
        self.addCleanup(worker.__exit__)
        self.assertNotIn("error", worker.load(source, mode="Processes", limit=8, **spec).head)
        return worker

    def test_each_call_has_a_process_that_knows_the_imported(self) -> None:
        worker = self.start("import os, time\nLOADER = os.getpid()\nn = 0\ndef handler(event, context):\n    global n\n    n += 1\n"
                            "    print('hello', event)\n    return [event, os.getpid(), LOADER, n]\n")
        pids = set()
        for i in range(10):
            child, pid = forked(worker, i)
            frame = child.result()
            self.assertEqual(frame.value(), [i, pid, worker.process.pid, 1])
            self.assertEqual(child.log, "hello %d\n" % i)
            self.assertIsNone(child.receive(), "the child ends after its result")
            self.assertEqual(worker.wait(EXITED).head, {"pid": pid, "status": 0})
            pids.add(pid)
        self.assertGreater(len(pids), 1)

    def test_side_by_side(self) -> None:
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        worker = self.start("import os, time\ndef handler(event, context):\n    os.mkdir('%s/%%d' %% event)\n    while len(os.listdir('%s')) < 8:\n"
                            "        time.sleep(0.01)\n    return event\n" % (folder, folder))
        children = [forked(worker, i)[0] for i in range(8)]
        self.assertEqual([c.result().value() for c in children], list(range(8)))

    def test_crash_is_told_with_its_status(self) -> None:
        worker = self.start("import os\ndef handler(event, context):\n    os._exit(3) if event else os.kill(os.getpid(), 11)\n")
        for event, status in ((1, 3 << 8), (0, 11)):
            child, pid = forked(worker, event)
            self.assertIsNone(child.result())
            self.assertEqual(worker.wait(EXITED).head, {"pid": pid, "status": status})

    def test_kill_reaches_own_children_only(self) -> None:
        worker = self.start("import time\ndef handler(event, context):\n    print('up')\n    time.sleep(60)\n")
        child, pid = forked(worker, 1)
        self.assertEqual(child.receive().payload, b"up\n")
        worker.send(KILL, 0, {"pid": os.getpid()})
        worker.send(KILL, 0, {"pid": 1})
        worker.send(KILL, 0, {"pid": pid})
        self.assertEqual(worker.wait(EXITED).head, {"pid": pid, "status": 9})
        worker.send(KILL, 0, {"pid": pid})
        self.assertIsNone(child.result())
        other, _ = forked(worker, 2)
        self.assertEqual(other.receive().payload, b"up\n", "the zygote goes on")

    def test_lower_lowers_one_child_and_what_it_started(self) -> None:
        worker = self.start("import os, subprocess, threading, time\n"
                            "def nice():\n    return os.getpriority(os.PRIO_PROCESS, 0)\n"
                            "def handler(event, context):\n"
                            "    started = subprocess.Popen(['sleep', '60'])\n"
                            "    sessions = os.getsid(0) == os.getpid()\n"
                            "    thread = threading.Thread(target=time.sleep, args=(60,), daemon=True)\n    thread.start()\n"
                            "    print('up')\n"
                            "    while not context.cancelled:\n        time.sleep(0.005)\n"
                            "    return [sessions, nice(), os.getpriority(os.PRIO_PROCESS, started.pid),\n"
                            "            os.getpriority(os.PRIO_PROCESS, thread.native_id)]\n", timeSlices=True)
        before = session_nice(os.getpid())
        lowered, pid = forked(worker, 1)
        other, _ = forked(worker, 2)
        for child in (lowered, other):
            self.assertEqual(child.receive().payload, b"up\n")
        for stranger in (os.getpid(), 1, pid):
            worker.send(LOWER, 0, {"pid": stranger})
        while os.getpriority(os.PRIO_PROCESS, pid) == 0 or session_nice(pid) == "0":
            time.sleep(0.001)
        for child in (lowered, other):
            child.send(CANCEL, child.number, {})
        self.assertEqual(lowered.result().value(), [True, 19, 19, 19])
        self.assertEqual(other.result().value(), [True, 0, 0, 0])
        self.assertEqual((os.getpriority(os.PRIO_PROCESS, 0), session_nice(os.getpid())), (0, before))

    def test_what_a_call_leaves_ends_with_it(self) -> None:
        worker = self.start("import subprocess\ndef handler(event, context):\n    return subprocess.Popen(['sleep', '60']).pid\n")
        child, _ = forked(worker, 1)
        left = child.result().value()
        worker.wait(EXITED)
        deadline = time.monotonic() + 20
        while alive(left) and time.monotonic() < deadline:
            time.sleep(0.001)
        self.assertFalse(alive(left))

    def test_cancel_reaches_the_child(self) -> None:
        worker = self.start("import time\ndef handler(event, context):\n    print('up')\n    end = time.monotonic() + 15\n"
                            "    while not context.cancelled and time.monotonic() < end:\n        time.sleep(0.005)\n    return context.cancelled\n")
        child, _ = forked(worker, 1)
        self.assertEqual(child.receive().payload, b"up\n")
        child.send(CANCEL, child.number, {})
        self.assertIs(child.result().value(), True)

    def test_children_die_with_the_zygote(self) -> None:
        worker = self.start("import os\ndef handler(event, context):\n    print('up')\n    while True:\n        pass\n")
        child, _ = forked(worker, 1)
        self.assertEqual(child.receive().payload, b"up\n")
        os.kill(worker.process.pid, signal.SIGKILL)
        self.assertIsNone(child.receive(), "the child's end is closed")

    def test_supervisor_that_goes_ends_the_zygote(self) -> None:
        worker = self.start("import time\ndef handler(event, context):\n    time.sleep(60)\n")
        child, _ = forked(worker, 1)
        self.assertEqual(worker.end(), 0)
        self.assertIsNone(child.receive())

    def test_random_numbers_differ(self) -> None:
        worker = self.start("import random, uuid\nrandom.seed(1)\ndef handler(event, context):\n    return [random.random(), str(uuid.uuid4())]\n")
        seen = [forked(worker, 1)[0].result().value() for _ in range(5)]
        self.assertEqual(len({s[0] for s in seen}), 5)
        self.assertEqual(len({s[1] for s in seen}), 5)

    def test_failures_and_bounds(self) -> None:
        worker = self.start("import sys\ndef handler(event, context):\n    if event == 'exit':\n        sys.exit(1)\n    if event == 'nan':\n"
                            "        return float('nan')\n    return 'x' * event\n", maxOutputBytes=1000000)
        self.assertEqual(forked(worker, "exit")[0].result().head["error"]["type"], "SystemExit")
        self.assertEqual(forked(worker, "nan")[0].result().head["error"]["type"], "InvalidOutput")
        self.assertEqual(forked(worker, 1000000)[0].result().head["error"]["type"], "OutputTooLarge")
        frame = forked(worker, 900000)[0].result()
        self.assertTrue(frame.in_memfd)
        self.assertEqual(len(frame.value()), 900000)

    def test_async_handler_and_its_cancel(self) -> None:
        worker = self.start("import asyncio\nasync def handler(event, context):\n    print('up')\n    await asyncio.sleep(event)\n    return event\n")
        self.assertEqual(forked(worker, 0)[0].result().value(), 0)
        child, _ = forked(worker, 60)
        self.assertEqual(child.receive().payload, b"up\n")
        child.send(CANCEL, child.number, {})
        self.assertEqual(child.result().head["error"]["type"], "Cancelled")

    def test_threads_of_a_call_and_user_forks(self) -> None:
        worker = self.start("import os, threading\ndef handler(event, context):\n    t = threading.Thread(target=print, args=('thread',))\n"
                            "    t.start()\n    t.join()\n    pid = os.fork()\n    if pid:\n        os.waitpid(pid, 0)\n    return 'parent' if pid else 'child'\n")
        child, _ = forked(worker, 0)
        self.assertEqual(child.result().value(), "parent")
        self.assertEqual(child.log, "thread\n")
        self.assertIsNone(child.receive())

    def test_threads_at_import_are_warned_of(self) -> None:
        worker = self.start("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\ndef handler():\n    return 1\n")
        self.assertIn("started 1 thread", worker.log(0, "stderr"))
        self.assertEqual(forked(worker, 0)[0].result().value(), 1)

    def test_module_that_ignores_sigchld(self) -> None:
        worker = self.start("import os, signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\ndef handler(event, context):\n    os._exit(event)\n")
        child, pid = forked(worker, 5)
        self.assertIsNone(child.result())
        self.assertEqual(worker.wait(EXITED).head, {"pid": pid, "status": 5 << 8})

    def test_child_without_a_call_ends_with_its_socket(self) -> None:
        worker = self.start("def handler():\n    return 1\n")
        child = Child(worker, 77)
        pid = worker.wait(FORKED).head["pid"]
        child.close()
        self.assertEqual(worker.wait(EXITED).head, {"pid": pid, "status": 0})


if __name__ == "__main__":
    unittest.main()
