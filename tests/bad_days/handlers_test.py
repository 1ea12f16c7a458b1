#!/usr/bin/env python3
"""Modules that do not load, and handlers that raise, hang, crash, flood, fork, close and write where they should not: in threads and in processes."""
import json
import os
import pathlib
import time
import unittest

import harness
from harness import python, together, until

MODES = ("Threads", "Processes")
MATES = 12

# One call of a batch does something bad, its mates only take their time.
DEED = "import os, sys, time, signal, ctypes, threading, socket\ndef handler(event):\n    if event['i'] == 5:\n        {deed}\n    time.sleep(0.05)\n    return event['i']\n"
# Does something to each socket of the process, the worker's own among them, until it fails.
EACH_SOCKET = ("\n        import stat\n        sockets = [fd for fd in range(2000) if os.path.exists(f'/proc/self/fd/{{fd}}') and stat.S_ISSOCK(os.fstat(fd).st_mode)]\n"
               "        assert sockets, 'no socket'\n        for fd in sockets:\n            try: {}\n            except OSError: pass")


class Modules(harness.Case):
    def test_a_module_that_does_not_load_is_said_at_once_with_its_traceback(self):
        for name, code, said in (("syntax", "def handler(event:\n    return 1\n", "SyntaxError"), ("import", "import no_such_module\n\ndef handler(event):\n    return 1\n", "no_such_module"),
                                 ("raises", "import json\nx = json.loads('{')\ndef handler(event):\n    return 1\n", "JSONDecodeError"),
                                 ("absent", "def other(event):\n    return 1\n", "handler"), ("data", "handler = 42\n", "handler"), ("empty", "\n", "handler"),
                                 ("exit", "raise SystemExit(3)\n", "SystemExit"), ("indent", "def handler(event):\nreturn 1\n", "IndentationError"),
                                 ("recursion", "def f():\n    f()\nf()\n", "RecursionError")):
            for mode in MODES:
                with self.subTest(fault=name, mode=mode):
                    wf = f"load-{name}-{mode.lower()}"
                    answer = self.agent.put(harness.workflow(wf, [python("f", code, mode)]))
                    self.assertIn(answer.status, (200, 201, 422), answer)
                    if answer.status == 422:
                        continue
                    for _ in range(2):
                        began = time.monotonic()
                        error = self.failure(self.agent.invoke(wf, {}), "LoadFailed")
                        self.assertLess(time.monotonic() - began, 15)
                        self.assertIn(said, error["message"])

    def test_a_module_that_is_mended_runs(self):
        for mode in MODES:
            name = f"mended-{mode.lower()}"
            self.agent.apply(name, [python("f", "import nothing_here\n", mode)])
            self.failure(self.agent.invoke(name, {}), "LoadFailed")
            self.agent.apply(name, [python("f", harness.ECHO, mode)])
            self.assertEqual(self.agent.output(name, 7), 7)

    def test_a_module_that_kills_or_hangs_its_worker_while_loading(self):
        for name, code in (("dies", "import os\nos._exit(7)\n"), ("segv", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"),
                           ("hangs", "import time\nwhile True:\n    time.sleep(1)\n")):
            for mode in MODES:
                with self.subTest(deed=name, mode=mode):
                    wf = f"loading-{name}-{mode.lower()}"
                    self.agent.apply(wf, [python("f", code, mode)], [{"name": "s", "function": "f", "timeout": "3s"}])
                    answer = self.agent.invoke(wf, {})
                    self.assertIn(answer.json()["error"]["type"], ("Timeout",) if name == "hangs" else ("LoadFailed", "WorkerCrashed"), answer)


    def test_a_module_that_never_ends_is_answered_in_the_time_that_loading_has(self):
        """At least ten seconds, whatever the function's timeout is."""
        self.agent.apply("endless", [python("f", "while True: pass\n", timeout="1s")])
        began = time.monotonic()
        error = self.failure(self.agent.invoke("endless", {}), "LoadFailed")
        self.assertIn("not loaded within its 10000 ms", error["message"])
        self.assertLess(time.monotonic() - began, 20)


class Handlers(harness.Case):
    def batch(self, name, mode, deed, **more):
        """The answers of one bad call and its mates, which must all be right; the bad one's answer."""
        wf = f"{name}-{mode.lower()}"
        self.agent.apply(wf, [python("f", DEED.format(deed=deed), mode, MATES, **more)])
        answers = together(MATES, lambda i: self.agent.invoke(wf, {"i": i}))
        for i, answer in enumerate(answers):
            if i != 5:
                self.assertEqual((answer.status, answer.body), (200, b"%d" % i), f"{wf}: call {i}: {answer}")
        self.assertEqual(self.agent.output(wf, {"i": 1}), 1)
        return answers[5]

    def each(self, name, deed, *kinds, **more):
        for mode in MODES:
            with self.subTest(deed=name, mode=mode):
                answer = self.batch(name, mode, deed, **more)
                self.assertIn(answer.status, (500, 504), answer)
                error = answer.json()["error"]
                self.assertIn(error["type"], kinds, error)

    def test_raises(self):
        self.each("raise", "raise ValueError('no ☃')", "ValueError")
        self.each("raise-exit", "sys.exit(3)", "SystemExit")
        self.each("raise-interrupt", "raise KeyboardInterrupt()", "KeyboardInterrupt")
        self.each("raise-odd", "raise type('Ödd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Ödd", "ZeroDivisionError")
        self.each("raise-long", "raise ValueError('x' * 50_000_000)", "ValueError")
        self.each("raise-deep", "(lambda f: f(f))(lambda f: f(f))", "RecursionError")
        self.each("raise-surrogate", "raise ValueError('\\ud800')", "ValueError")

    def test_returns_what_json_cannot_hold(self):
        for name, deed in (("bytes", "b'raw'"), ("set", "{1}"), ("nan", "float('nan')"), ("object", "object()"), ("keys", "{(1, 2): 3}"), ("surrogate", "'\\ud800'"),
                           ("generator", "(x for x in range(3))"), ("complex", "1j")):
            self.each("returns-" + name, f"return {deed}", "InvalidOutput")
        self.each("returns-itself", "x = []; x.append(x); return x", "InvalidOutput")
        self.each("returns-deep", "x = []\n        for _ in range(100_000):\n            x = [x]\n        return x", "InvalidOutput")

    def test_returns_too_much(self):
        self.each("returns-much", "return 'x' * 30_000_000", "OutputTooLarge")

    def test_ends_its_process(self):
        self.each("exits", "os._exit(3)", "WorkerCrashed")
        self.each("segv-signal", "os.kill(os.getpid(), signal.SIGSEGV)", "WorkerCrashed")
        self.each("segv-pointer", "ctypes.string_at(0)", "WorkerCrashed")
        self.each("aborts", "os.abort()", "WorkerCrashed")
        self.each("kills", "os.kill(os.getpid(), signal.SIGKILL)", "WorkerCrashed")

    def test_stops_its_process(self):
        """SIGSTOP to itself: a worker that is there but does nothing is given up at the timeout."""
        for mode in MODES:
            with self.subTest(mode=mode):
                wf = f"stops-{mode.lower()}"
                self.agent.apply(wf, [python("f", DEED.format(deed="os.kill(os.getpid(), signal.SIGSTOP)"), mode, MATES, timeout="2s")])
                answer = self.agent.invoke(wf, {"i": 5})
                self.assertIn(answer.status, (500, 504), answer)
                self.assertEqual(self.agent.output(wf, {"i": 1}), 1)

    def test_never_returns(self):
        self.each("sleeps", "time.sleep(1000)", "Timeout", timeout="1s")
        self.each("spins", "\n        while True: pass", "Timeout", timeout="2s")
        self.each("deaf", "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); time.sleep(1000)", "Timeout", timeout="1s")
        self.each("catches", "\n        while True:\n            try: time.sleep(1000)\n            except BaseException: pass", "Timeout", timeout="1s")

    def test_closes_its_descriptors(self):
        self.each("closes", "os.closerange(0, 1000); time.sleep(0.5); return 5", "WorkerCrashed", "PodLost", "Timeout", "OSError", timeout="10s")
        self.each("closes-socket", "os.closerange(3, 1000); time.sleep(1000)", "WorkerCrashed", "PodLost", "Timeout", timeout="10s")

    def test_writes_to_the_workers_socket(self):
        """Bytes that are no frame, frames of no known type, and results of calls that are not its own or not there: on every socket that it finds."""
        result = r"b'\x05\0\x14\0' + (%s).to_bytes(4, 'little') + b'\x04\0\0\0' + b'{\"q\":0,\"e\":0,\"o\":0} ' + b'null'"
        for name, packet in (("garbage", r"b'\xff' * 5000"), ("short", "b'x'"), ("type", r"b'\x63' + b'\0' * 15"), ("hello", r"b'\x01' + b'\0' * 15"),
                             ("lies", r"b'\x05\0\xff\xff' + b'\xff' * 12"), ("results", result % "number")):
            for mode in MODES:
                with self.subTest(packet=name, mode=mode):
                    deed = EACH_SOCKET.format(f"[os.write(fd, {packet}) for number in range(2000, 2100)]")
                    answer = self.batch("writes-" + name, mode, deed + "\n        time.sleep(0.5)\n        return 'garbled'", timeout="10s")
                    if name == "results":
                        self.assertEqual((answer.status, answer.body), (200, b'"garbled"'), answer)
                    else:
                        self.assertIn("breaks the protocol", self.failure(answer, "WorkerCrashed")["message"])

    def test_reads_from_the_workers_socket(self):
        steal = EACH_SOCKET.format("[socket.socket(fileno=os.dup(fd)).recv(100000, socket.MSG_DONTWAIT) for _ in range(100)]") + "\n        return 5"
        for mode in MODES:
            with self.subTest(mode=mode):
                answer = self.batch("steals", mode, steal, timeout="5s")
                self.assertIn(answer.status, (200, 500, 504), answer)

    def test_prints_100_mb(self):
        deed = "\n        for _ in range(100):\n            print('x' * 999_999)\n        sys.stdout.write('y' * 1000); sys.stderr.write('z' * 1000)"
        before = self.agent.rss()
        for mode in MODES:
            with self.subTest(mode=mode):
                answer = self.batch("prints", mode, deed)
                self.assertEqual((answer.status, answer.body), (200, b"5"), answer)
                logs = self.agent.call("GET", f"/v1/namespaces/default/invocations/{answer.headers['invocation-id']}/logs").body
                self.assertLess(len(logs), 20_000_000)
                self.assertTrue(all(json.loads(line) for line in logs.splitlines()))
        self.assertLess(self.agent.rss() - before, 100)

    def test_prints_without_an_end_until_its_timeout(self):
        deed = "\n        while True:\n            os.write(1, b'x' * 65536)"
        for mode in MODES:
            with self.subTest(mode=mode):
                error = self.failure(self.batch("floods", mode, deed, timeout="2s"), "Timeout", 504, "Timeout")
                self.assertEqual(error["step"], "only")

    def test_bytes_that_are_no_text_on_its_output(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                answer = self.batch("binary", mode, "os.write(1, bytes(range(256)) * 10 + b'\\n'); print('after')")
                logs = self.agent.call("GET", f"/v1/namespaces/default/invocations/{answer.headers['invocation-id']}/logs").body
                self.assertIn("after", [json.loads(line)["text"].strip() for line in logs.splitlines()], logs[:500])

    def test_children_that_linger_go_with_the_pod(self):
        folder = pathlib.Path(self.folder())
        code = ("import os, time\ndef handler(event):\n    if os.fork() == 0:\n        if event['daemon']:\n            os.setsid()\n            if os.fork():\n                os._exit(0)\n"
                "        with open(event['file'] + '.new', 'w') as f:\n            f.write(str(os.getpid()))\n        os.rename(event['file'] + '.new', event['file'])\n"
                "        time.sleep(1000)\n        os._exit(0)\n"
                "    while not os.path.exists(event['file']):  # in a process of its own, what is left of the call's group ends with it\n        time.sleep(0.001)\n"
                "    return 'parent'\n")
        agent = self.new_agent()
        left = []
        for mode in MODES:
            agent.apply("forks-" + mode.lower(), [python("f", code, mode)])
            for daemon in (False, True):
                file = folder / f"{mode}-{daemon}"
                self.assertEqual(agent.output("forks-" + mode.lower(), {"file": str(file), "daemon": daemon}), "parent")
                left.append(int(until(lambda: file.exists() and file.read_text(), "the child does not come")))
        self.addCleanup(lambda: [os.kill(pid, 9) for pid in left if harness.running(pid)])
        self.assertEqual(agent.stop(), 0)
        harness.gone(left, 20)

    def test_a_child_that_returns_as_well(self):
        """A handler that forks and whose child also comes back: the call is answered once, and rightly."""
        for mode in MODES:
            with self.subTest(mode=mode):
                answer = self.batch("twins", mode, "os.fork()", timeout="10s")
                self.assertIn(answer.status, (200, 500, 504), answer)
                if answer.status == 200:
                    self.assertEqual(answer.json(), 5)

    def test_threads_and_environment_that_stay(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                deed = "threading.Thread(target=time.sleep, args=(1000,)).start(); os.environ.clear(); os.chdir('/'); sys.stdout.close(); sys.modules.clear()"
                answer = self.batch("mess", mode, deed)
                self.assertIn(answer.status, (200, 500), answer)

    def test_takes_all_memory_of_its_own_limit(self):
        deed = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20)); x = bytearray(1 << 30)"
        answer = self.batch("memory", "Processes", deed)
        self.assertIn(answer.json()["error"]["type"], ("MemoryError", "WorkerCrashed"), answer)


class AsyncHandlers(harness.Case):
    def batch(self, name, deed, **more):
        code = f"import asyncio, os, sys, time\nasync def handler(event):\n    if event['i'] == 5:\n        {deed}\n    await asyncio.sleep(0.05)\n    return event['i']\n"
        self.agent.apply("async-" + name, [python("f", code, limit=MATES, **more)])
        answers = together(MATES, lambda i: self.agent.invoke("async-" + name, {"i": i}))
        for i, answer in enumerate(answers):
            if i != 5:
                self.assertEqual((answer.status, answer.body), (200, b"%d" % i), f"{name}: call {i}: {answer}")
        self.assertEqual(self.agent.output("async-" + name, {"i": 1}), 1)
        return answers[5]

    def test_what_one_call_does_to_its_loop(self):
        for name, deed, kinds, more in (("raises", "raise ValueError('x')", ("ValueError",), {}), ("exits", "os._exit(1)", ("WorkerCrashed",), {}),
                                        ("system-exit", "sys.exit(1)", ("SystemExit",), {}), ("cancels", "asyncio.current_task().cancel(); await asyncio.sleep(1)", ("CancelledError", "Cancelled"), {}),
                                        ("cancels-all", "[t.cancel() for t in asyncio.all_tasks() if t is asyncio.current_task()]; await asyncio.sleep(9)", ("CancelledError", "Cancelled"), {}),
                                        ("sleeps", "await asyncio.sleep(1000)", ("Timeout",), {"timeout": "1s"}),
                                        ("deaf", "\n        while True:\n            try: await asyncio.sleep(1000)\n            except BaseException: pass", ("Timeout",), {"timeout": "1s"}),
                                        ("stops", "asyncio.get_running_loop().stop(); await asyncio.sleep(1000)", ("Timeout", "WorkerCrashed"), {"timeout": "2s"}),
                                        ("returns-task", "return asyncio.sleep(1)", ("InvalidOutput",), {})):
            with self.subTest(deed=name):
                answer = self.batch(name, deed, **more)
                self.assertIn(answer.json()["error"]["type"], kinds, answer)


if __name__ == "__main__":
    harness.main()
