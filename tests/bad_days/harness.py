"""What the tests of bad input and bad days share: a real agent, a client for it, its peers, and the processes of all.

Every test file is run as `FILE.py BUILD_DIR [unittest arguments]`. Everything that a test starts is ended with it, also when it fails. Exit code 77:
every test was skipped; the reasons are printed.
"""
import atexit
import concurrent.futures
import contextlib
import faulthandler
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PATIENCE = 60  # seconds that a condition may take on a busy machine before a test fails
WHOLE_FILE = 280  # seconds that a test file may take
ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build" / "release"

_started = []


def start_process(argv, **options):
    process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, **options)
    _started.append(process)
    return process


@atexit.register
def end_all_processes():
    for process in _started:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()


def until(condition, what, patience=PATIENCE):
    """Waits for a condition and returns what it gave; fails with `what` when it does not come."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {patience} s: {what() if callable(what) else what}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def together(count, act, threads=None):
    """act(0) ... act(count-1), at once when each has its own thread; their results in order."""
    with concurrent.futures.ThreadPoolExecutor(threads or count) as pool:
        return list(pool.map(act, range(count)))


def clock_behind(case, offset=None, file=None):
    """The environment of a program whose wall clock is `offset` ("-1800", seconds) behind, an hour at the most, or as `file` says at any time: by
    Debian's faketime. Never ahead: of absolute times of the steady clock it takes off what the wall clock is ahead, and where these get negative
    (Asio's timers that are due already) the kernel refuses them, and they never fire."""
    libraries = list(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        case.skipTest("libfaketime is not installed (Debian: faketime)")
    if time.monotonic() < 3700:
        case.skipTest("the machine runs for less than an hour: libfaketime's timers do not fire then")
    how = {"FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"} if file else {"FAKETIME": offset}
    return {**os.environ, "LD_PRELOAD": str(libraries[0]), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", **how}


def running(pid):
    """Whether the process is there and not a zombie."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def descendants(pid):
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            parent = int(pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        for child in children.get(todo.pop(), ()):
            found.append(child)
            todo.append(child)
    return found


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def gone(pids, patience=PATIENCE):
    until(lambda: not any(running(pid) for pid in pids),
          lambda: f"still there: {[(pid, command_line(pid)) for pid in pids if running(pid)]}", patience)


def python(name, code, mode="Threads", limit=64, **more):
    return {"name": name, "runtime": "Python", "handler": "fn.handler", "source": {"inline": code},
            "concurrency": {"mode": mode, "limit": limit}, **more}


def workflow(name, functions, steps=None, **spec):
    steps = steps or [{"name": "only", "function": functions[0]["name"]}]
    return {"apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow", "metadata": {"name": name},
            "spec": {"functions": functions, "steps": steps, **spec}}


ECHO = "def handler(event):\n    return event\n"
# Returns its input after the seconds that the input's member "sleep" says.
SLEEP = "import time\ndef handler(event):\n    time.sleep((event or {}).get('sleep', 0))\n    return event\n"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


class Agent:
    """`faasbatch dev` on a port of its own, and a client for it."""
    program = (BUILD / "bin" / "faasbatch", "dev")

    def __init__(self, *arguments, prefix=(), port=0, env=None):
        self.arguments, self.prefix, self.env = arguments, prefix, env
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bad-days-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.log_file = self.folder / "agent.log"
        self.port = port
        self.start()

    def start(self):
        argv = [*self.prefix, *self.program, "--listen", f"127.0.0.1:{self.port}", *self.arguments]
        with open(self.log_file, "ab") as log:
            # In a session of its own: what kills its process group in a test does not reach the test.
            self.process = start_process(argv, stdout=subprocess.PIPE, stderr=log, env=self.env, start_new_session=True)
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline().decode() if ready else ""
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"the agent said {line!r}; its log: {self.log()[-2000:]}")
        self.address, self.port = found.group(), int(found.group(1))

    def stop(self, how=signal.SIGTERM):
        """Its exit code; after it none of its processes may be left."""
        family = descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        gone(family)
        return code

    def log(self):
        return self.log_file.read_text(errors="replace")

    def pods(self):
        return [pid for pid in descendants(self.process.pid) if "faasbatch-runtime" in command_line(pid).split(" ")[0]]

    def workers(self):
        pods = self.pods()
        return [pid for pid in descendants(self.process.pid) if pid not in pods]

    def rss(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def call(self, method, path, body=None, timeout=PATIENCE, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def put(self, manifest, name=None, kind="application/json"):
        body = manifest if isinstance(manifest, (str, bytes)) else json.dumps(manifest)
        name = name or manifest["metadata"]["name"]
        return self.call("PUT", f"/v1/namespaces/default/workflows/{name}", body, headers={"Content-Type": kind})

    def apply(self, name, functions, steps=None, **spec):
        answer = self.put(workflow(name, functions, steps, **spec))
        assert answer.status in (200, 201), answer
        return answer

    def invoke(self, name, event=None, timeout=PATIENCE, **headers):
        headers = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.call("POST", f"/v1/namespaces/default/workflows/{name}/invocations", json.dumps(event), timeout,
                         {"Content-Type": "application/json", **headers})

    def output(self, name, event=None, timeout=PATIENCE):
        answer = self.invoke(name, event, timeout)
        assert answer.status == 200, answer
        return answer.json()

    def accept(self, name, event=None, **headers):
        """The id of a run that was accepted asynchronously."""
        answer = self.invoke(name, event, Prefer="respond-async", **headers)
        assert answer.status == 202, answer
        return answer.headers["invocation-id"]

    def record(self, run, wait=None):
        path = f"/v1/namespaces/default/invocations/{run}" + (f"?wait={wait}" if wait else "")
        answer = self.call("GET", path, timeout=PATIENCE + (wait or 0))
        assert answer.status == 200, answer
        return answer.json()

    def ended(self, run):
        """The record of a run when it has ended."""
        ends = ("Succeeded", "Failed", "Cancelled", "TimedOut")
        return until(lambda: (lambda r: r if r["status"] in ends else None)(self.record(run, wait=20)),
                     f"run {run} does not end")

    def cancel(self, run):
        return self.call("DELETE", f"/v1/namespaces/default/invocations/{run}")

    def metric(self, name):
        """The sum of a metric over its labels."""
        text = self.call("GET", "/metrics").body.decode()
        return sum(float(m) for m in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))


class Case(unittest.TestCase):
    """Tests that share one agent; it must be well after each of them."""
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.agent = Agent(*cls.arguments)
        cls.agent.apply("well", [python("f", ECHO)])

    @classmethod
    def tearDownClass(cls):
        code = cls.agent.stop()
        assert code == 0, f"the agent ended with {code}: {cls.agent.log()[-2000:]}"

    def setUp(self):
        self.name = self._testMethodName.removeprefix("test_").replace("_", "-")[:50]

    def tearDown(self):
        self.assertIsNone(self.agent.process.poll(), f"the agent has ended: {self.agent.log()[-3000:]}")
        self.assertEqual(self.agent.output("well", {"still": "here"}), {"still": "here"})

    def problem(self, answer, status, reason):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+json", answer)
        problem = answer.json()
        self.assertEqual((problem["status"], problem["reason"]), (status, reason), problem)
        self.assertTrue(problem["detail"], problem)
        if status in (429, 503):
            self.assertGreaterEqual(int(answer.headers["retry-after"]), 0)
        return problem

    def failure(self, answer, kind, status=500, reason="StepFailed"):
        error = self.problem(answer, status, reason)["error"]
        self.assertEqual(error["type"], kind, error)
        return error

    def folder(self):
        folder = tempfile.mkdtemp(prefix="bad-days-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def new_agent(self, *arguments, **options):
        agent = Agent(*arguments, **options)
        self.addCleanup(lambda: agent.stop(signal.SIGKILL))
        return agent


class Timed(unittest.TextTestResult):
    """Says how long each test took, and why one was skipped."""

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def say(self, word, test, note=""):
        print(f"{word:4} {time.monotonic() - self.began:6.2f} s  {test.id().split('.', 1)[1]}{note}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("FAIL", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.began = getattr(self, "began", time.monotonic())
        self.say("FAIL", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.began = getattr(self, "began", time.monotonic())
        self.say("skip", test, f": {reason}")


def main():
    faulthandler.dump_traceback_later(WHOLE_FILE - 10)
    signal.signal(signal.SIGALRM, lambda *_: (end_all_processes(), os._exit(3)))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))
    signal.alarm(WHOLE_FILE)
    runner = unittest.TextTestRunner(verbosity=0, resultclass=Timed)
    result = unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[2:]], testRunner=runner, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.skipped and len(result.skipped) == result.testsRun else 0)
