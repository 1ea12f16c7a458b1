#!/usr/bin/env python3
"""The speed table: medians over several runs, every row beside a baseline of the same runs.

    bench/run.py --build build/release [--only WORD] [--runs N] [--seconds N] [--profile] [--out FILE]

--profile runs what fell short of its target once more under `perf record`, the agent and its pods, and prints where they spend their time.
"""
import argparse
import http.client
import json
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from harness import NOOP, Agent, Table, children, median, native, p99, path, python, rss_mb, wrk

STEP = [{"name": "s", "function": "f"}]
WIDE = {"mode": "Threads", "limit": 64}


def warm(build, table, seconds):
    """One caller and 64 callers of a no-op; the baseline is the same session layer answering at once."""
    with Agent(build) as agent:
        agent.apply("native", [native("f", build, concurrency=WIDE)], STEP)
        agent.apply("python", [python("f", concurrency=WIDE)], STEP)
        _, base50, base99 = wrk(agent, "/healthz", 1, seconds)
        base_rate, _, _ = wrk(agent, "/healthz", 64, seconds)
        for name, reach, rate_reach in (("native", 120, 20_000), ("python", 200, 10_000)):
            agent.invoke(name)
            _, half, most = wrk(agent, path(name), 1, seconds, "POST")
            table.add(f"warm no-op, one caller, p50: {name}", half, "us", reach, base50)
            table.add(f"warm no-op, one caller, p99: {name}", most, "us", None, base99)
            wrk(agent, path(name), 64, 1, "POST")
            rate, _, most = wrk(agent, path(name), 64, seconds, "POST")
            table.add(f"throughput, 64 callers: {name}", rate, "/s", rate_reach, base_rate, at_most=False)
            table.add(f"throughput, 64 callers, p99: {name}", most / 1000, "ms")


def times(agent, name, count, event=None):
    agent.invoke(name, event)
    return [agent.invoke(name, event)[0] for _ in range(count)]


def workflows(build, table, seconds):
    """Chains, fan-outs and wide graphs of no-op steps; the baseline is one warm no-op call."""
    chain = [{"name": f"s{i}", "function": "f", **({"after": [f"s{i-1}"]} if i else {})} for i in range(10)]
    fan = [{"name": "each", "foreach": {"items": "${input}"}, "function": "f", "input": "${item}"}]
    # 17 layers of 100 steps; each step needs two of the layer before.
    graph = [{"name": f"s{layer}_{i}", "function": "f", "input": layer,
              **({"after": [f"s{layer-1}_{i}", f"s{layer-1}_{(i+1) % 100}"]} if layer else {})}
             for layer in range(17) for i in range(100)]
    with Agent(build) as agent:
        for kind, function in (("native", native("f", build, concurrency=WIDE)), ("python", python("f", concurrency=WIDE))):
            agent.apply("one", [function], STEP)
            agent.apply("chain", [function], chain)
            agent.apply("fan", [function], fan)
            agent.apply("graph", [function], graph)
            one = median(times(agent, "one", 200))
            taken = times(agent, "chain", 100)
            table.add(f"chain of 10 no-op steps, a step, p50: {kind}", median(taken) / 10 * 1e6, "us", 200, one * 1e6)
            table.add(f"chain of 10 no-op steps, a step, p99: {kind}", p99(taken) / 10 * 1e6, "us")
            taken = times(agent, "fan", 20, list(range(1000)))
            table.add(f"foreach of 1000 no-op items, p50: {kind}", median(taken) * 1e3, "ms", 100, one * 1e3)
            table.add(f"foreach of 1000 no-op items, the slowest of 20: {kind}", max(taken) * 1e3, "ms")
            taken = times(agent, "graph", 10)
            table.add(f"graph of 1700 no-op steps, a step, p50: {kind}", median(taken) / 1700 * 1e6, "us", 200, one * 1e6)
            table.add(f"graph of 1700 no-op steps, a step, the slowest of 10: {kind}", max(taken) / 1700 * 1e6, "us")


def accepted(build, table, seconds):
    """Asynchronous invocations: 202 only when on disk. The baseline is the synchronous call of the same agent."""
    with tempfile.TemporaryDirectory(dir=pathlib.Path(build).parent) as data, Agent(build, "--data", data) as agent:
        agent.apply("native", [native("f", build, concurrency=WIDE)], STEP)
        agent.invoke("native")
        base_rate, base50, _ = wrk(agent, path("native"), 64, seconds, "POST")
        rate, half, most = wrk(agent, path("native"), 64, seconds, "POST", [("Prefer", "respond-async")])
        table.add("asynchronous invocations accepted, 64 callers", rate, "/s", 5000, base_rate, at_most=False)
        table.add("asynchronous invocation accepted, p50", half / 1000, "ms", 5, base50 / 1000)
        table.add("asynchronous invocation accepted, p99", most / 1000, "ms")


def cold(build, table, seconds):
    """First calls of functions never seen; the baseline is a warm call."""
    for options, label, reach in (((), "a generic warm pod", 20), (("--no-generic-pods",), "none", 60)):
        with Agent(build, *options) as agent:
            taken = []
            for i in range(12):
                agent.apply(f"cold{i}", [python("f", NOOP + f"# {i}\n")], STEP)
                if not options:
                    time.sleep(0.25)  # the generic pod is replenished in the background
                taken.append(agent.invoke(f"cold{i}")[0])
            one = median(times(agent, "cold0", 50))
            table.add(f"cold start with {label}, Python, p50", median(taken) * 1e3, "ms", reach, one * 1e3)
            table.add(f"cold start with {label}, Python, the slowest of 12", max(taken) * 1e3, "ms")


def burst(build, table, seconds):
    """100 calls of 100 ms to a cold function; the baseline is the sleep itself."""
    code = "import os, time\ndef handler(event, context):\n    time.sleep(0.1)\n    return os.getpid()\n"
    lasts, pods = [], []
    with Agent(build) as agent:
        for i in range(5):
            agent.apply(f"burst{i}", [python("f", code + f"# {i}\n", concurrency={"mode": "Threads", "limit": 100})], STEP)
            time.sleep(0.3)
            done = agent.together(100, f"burst{i}")
            lasts.append(max(end for _, end, _, _ in done) - min(begin for begin, _, _, _ in done))
            pods.append(len({pid for _, _, _, pid in done}))
    table.add("burst of 100 calls of 100 ms to a cold function: pods", max(pods), "pods", 1)
    table.add("burst of 100 calls of 100 ms to a cold function: last answer", median(lasts) * 1e3, "ms", 250, 100)
    table.add("burst of 100 calls of 100 ms: last answer, the slowest of 5", max(lasts) * 1e3, "ms")


def shared(build, table, seconds):
    """Ten concurrent calls that each build an S3 client, shared against unshared."""
    code = """import time
import boto3
def rss():
    return int(open('/proc/self/statm').read().split()[1]) * 4096
clients = []
def handler(event, context):
    begin = time.perf_counter()
    clients.append(boto3.client('s3', region_name='eu-west-1', aws_access_key_id='a', aws_secret_access_key='b'))
    return [time.perf_counter() - begin, rss()]
"""
    if not pathlib.Path("/usr/lib/python3/dist-packages/boto3").exists():
        print("boto3 row skipped: python3-boto3 is not installed")
        return
    means, memory = {}, {}
    with Agent(build) as agent:
        for kind, env in (("shared", []), ("unshared", [{"name": "FAASBATCH_SHARE", "value": "off"}])):
            agent.apply(kind, [python("f", code, env=env, concurrency={"mode": "Threads", "limit": 10})], STEP)
            # The first client of a process loads the service model: paid once either way, so it is not part of the comparison.
            first = agent.invoke(kind)[2]
            outputs = [output for _, _, _, output in agent.together(10, kind)]
            means[kind] = sum(output[0] for output in outputs) / len(outputs)
            memory[kind] = max(max(output[1] for output in outputs) - first[1], 4096)
    table.add("ten concurrent S3 clients: mean time, shared/unshared", means["shared"] / means["unshared"], "ratio", 1 / 20, 1)
    table.add("ten concurrent S3 clients: memory, shared/unshared", memory["shared"] / memory["unshared"], "ratio", 1 / 10, 1)


def idle(build, table, seconds):
    with Agent(build) as agent:
        time.sleep(1)
        table.add("agent idle, resident", rss_mb(agent.process.pid), "MB", 20)
        pod = [(pid, rss_mb(pid)) for pid in children(agent.process.pid)]
        table.add("supervisor and Python worker idle, resident", sum(mb for _, mb in pod), "MB", 20)


def large(build, table, seconds):
    """A warm no-op beside callers that send 5.9 MiB of JSON: what the large ones cost the small one. The baseline is the no-op alone."""
    # As bytes, and its answer is not looked at: Python is to be idle while the other thread measures.
    document = json.dumps({"rows": [{"id": i, "name": "Ada", "ok": True, "tags": ["a", "b"]} for i in range(97_000)]}).encode()
    with Agent(build) as agent:
        agent.apply("small", [native("f", build, concurrency=WIDE)], STEP)
        agent.apply("large", [native("f", build, concurrency=WIDE)], STEP)
        alone = times(agent, "small", 500)
        stop = threading.Event()

        def send():
            connection = http.client.HTTPConnection("127.0.0.1", agent.port, timeout=120)
            while not stop.is_set():
                connection.request("POST", path("large"), document, {"Content-Type": "application/json"})
                connection.getresponse().read()
                time.sleep(0.02)

        sender = threading.Thread(target=send)
        sender.start()
        beside = times(agent, "small", 500)
        stop.set()
        sender.join()
    table.add("warm no-op beside 6 MiB inputs, p50: native", median(beside) * 1e6, "us", None, median(alone) * 1e6)
    table.add("warm no-op beside 6 MiB inputs, p99: native", p99(beside) * 1e6, "us", None, p99(alone) * 1e6)


PARTS = (warm, workflows, accepted, cold, burst, shared, large, idle)


def profile(part, build, seconds, file):
    """Runs a part under perf; its symbols go to a file, the first of them are printed."""
    data = pathlib.Path(build).parent / "bench" / "perf.data"
    data.parent.mkdir(parents=True, exist_ok=True)
    Agent.prefix = ("perf", "record", "--quiet", "-e", "cpu-clock", "-F", "499", "-g", "-o", str(data), "--")
    try:
        part(build, Table(), seconds)
    finally:
        Agent.prefix = ()
    report = subprocess.run(["perf", "report", "--stdio", "--no-children", "-g", "none", "--percent-limit", "0.5", "--sort", "comm,dso,symbol",
                             "-i", str(data)], capture_output=True, text=True, check=True).stdout
    file.write_text(report)
    data.unlink()
    lines = [line for line in report.splitlines() if line.strip() and not line.startswith("#")]
    print(f"\nprofile of {part.__name__} (all of it: {file})\n" + "\n".join(lines[:20]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--out", default="build/bench/results.json")
    parser.add_argument("--only", default="")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each load")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    parts = [part for part in PARTS if arguments.only in part.__name__]
    table = Table()
    for run in range(arguments.runs):
        for part in parts:
            print(f"run {run + 1} of {arguments.runs}: {part.__name__}", flush=True)
            table.part = part
            part(arguments.build, table, arguments.seconds)
    table.print()
    table.write(arguments.out)
    if not arguments.profile:
        return
    if not shutil.which("perf"):
        print("no profile: perf is not installed (Debian's linux-perf)")
        return
    for part in table.short():
        profile(part, arguments.build, arguments.seconds, pathlib.Path(arguments.out).with_name(f"profile-{part.__name__}.txt"))


if __name__ == "__main__":
    main()
