"""An agent to measure, a small client for it, and the table of results."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time

NOOP = "def handler(event, context):\n    return None\n"


def python(name, code=NOOP, **more):
    return {"name": name, "runtime": "Python", "handler": "fn.handler", "source": {"inline": code}, **more}


def native(name, build, **more):
    return {"name": name, "runtime": "Native", "handler": "noop.handler",
            "source": {"path": str(pathlib.Path(build).resolve() / "bench" / "noop.so")}, **more}


class Agent:
    """One `faasbatch dev` for the time of a `with` block."""
    prefix = ()  # what it runs under: a profiler

    def __init__(self, build, *options):
        self.log = tempfile.TemporaryFile("w+")
        command = [os.path.join(build, "bin", "faasbatch"), "dev", "--listen", "127.0.0.1:0", *options]
        self.process = subprocess.Popen([*self.prefix, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True)
        ready = self.process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+)", ready)
        if not match:
            self.log.seek(0)
            raise RuntimeError(f"the agent did not start: {self.log.read()}")
        self.port = int(match.group(1))
        self.url = f"http://127.0.0.1:{self.port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        finally:
            if self.process.poll() is None:
                self.process.kill()

    def call(self, method, path, body=None, connection=None):
        connection = connection or self.connection
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]}")
        return answer, content

    def apply(self, name, functions, steps, **spec):
        self.call("PUT", f"/v1/namespaces/default/workflows/{name}",
                  {"apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow", "metadata": {"name": name},
                   "spec": {"functions": functions, "steps": steps, **spec}})

    def invoke(self, name, event=None, connection=None):
        """Seconds of one invocation as its caller sees them, the answer's headers and its output."""
        begin = time.perf_counter()
        answer, content = self.call("POST", path(name), event, connection)
        return time.perf_counter() - begin, answer, json.loads(content)

    def together(self, count, name, event=None):
        """`count` invocations at once, each on a connection of its own that is open already."""
        gate = threading.Barrier(count)
        connections = [http.client.HTTPConnection("127.0.0.1", self.port, timeout=120) for _ in range(count)]
        for connection in connections:
            connection.connect()

        def one(connection):
            gate.wait()
            begin = time.perf_counter()
            taken, answer, output = self.invoke(name, event, connection)
            return begin, begin + taken, answer, output

        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            done = list(pool.map(one, connections))
        for connection in connections:
            connection.close()
        return done

    def record(self, answer):
        _, content = self.call("GET", f"/v1/namespaces/default/invocations/{answer.getheader('Invocation-Id')}")
        return json.loads(content)


def path(name):
    return f"/v1/namespaces/default/workflows/{name}/invocations"


def wrk(agent, target, connections, seconds, method="GET", headers=()):
    """Requests a second, and the latencies p50 and p99 in microseconds, of a bounded closed loop."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f'wrk.method = "{method}"\n')
        if method == "POST":
            script.write('wrk.body = "null"\nwrk.headers["Content-Type"] = "application/json"\n')
        for name, value in headers:
            script.write(f'wrk.headers["{name}"] = "{value}"\n')
        script.flush()
        done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script.name, agent.url + target],
                              capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise RuntimeError(f"wrk saw errors on {target}:\n{done}")
    rate = float(re.search(r"Requests/sec:\s+([0-9.]+)", done).group(1))
    return rate, micros(done, "50%"), micros(done, "99%")


def micros(text, percentile):
    value, unit = re.search(rf"{percentile}\s+([0-9.]+)(us|ms|s)\b", text).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def rss_mb(pid, name="VmRSS"):
    return int(re.search(rf"{name}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def children(pid):
    found, todo = [], [pid]
    while todo:
        for task in pathlib.Path(f"/proc/{todo.pop()}/task").glob("*/children"):
            for child in map(int, task.read_text().split()):
                found.append(child)
                todo.append(child)
    return found


def p99(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


median = statistics.median


class Row:
    """What the runs measured of one thing, each beside its own baseline; the medians of them count."""

    def __init__(self, name, unit, target, at_most, part):
        self.name, self.unit, self.target, self.at_most, self.part = name, unit, target, at_most, part
        self.values, self.baselines = [], []

    def result(self):
        value = median(self.values)
        met = None if self.target is None else (value <= self.target if self.at_most else value >= self.target)
        baseline = median(self.baselines) if self.baselines else None
        ratio = median(v / b for v, b in zip(self.values, self.baselines)) if self.baselines else None
        rounded = {key: None if number is None else round(number, 3)
                   for key, number in (("value", value), ("baseline", baseline), ("ratio", ratio))}
        return {"name": self.name, "value": rounded["value"], "unit": self.unit, "baseline": rounded["baseline"],
                "ratio": rounded["ratio"], "target": self.target, "met": met}

    def __str__(self):
        result = self.result()
        shown = {True: "yes", False: "NO", None: ""}[result["met"]]
        limit = "" if self.target is None else f"{'<=' if self.at_most else '>='} {self.target:g}"
        spread = f"{min(self.values):.4g}..{max(self.values):.4g}" if len(self.values) > 1 else ""
        base = f"{result['baseline']:.4g} (x{result['ratio']:.2f})" if self.baselines else ""
        return f"{self.name:<62} {result['value']:>10.4g} {self.unit:<6} {spread:>18} {limit:>9} {shown:>4}   {base}"


class Table:
    def __init__(self):
        self.rows = {}
        self.part = None  # of the benchmark, that adds rows now

    def add(self, name, value, unit, target=None, baseline=None, at_most=True):
        row = self.rows.setdefault(name, Row(name, unit, target, at_most, self.part))
        row.values.append(value)
        if baseline:
            row.baselines.append(baseline)

    def short(self):
        """The parts with a row that falls short of its target."""
        return list(dict.fromkeys(row.part for row in self.rows.values() if row.result()["met"] is False))

    def print(self):
        print(f"\n{'what (medians of the runs)':<62} {'value':>10} {'':<6} {'lowest..highest':>18} {'target':>9} {'met':>4}   baseline of the same run")
        for row in self.rows.values():
            print(row)

    def write(self, file):
        results = [row.result() for row in self.rows.values()]
        file = pathlib.Path(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(results, indent=1) + "\n")
        print(f"\n{sum(row['met'] is True for row in results)} of {sum(row['met'] is not None for row in results)} targets met; "
              f"written to {file}")
