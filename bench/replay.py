#!/usr/bin/env python3
"""The original's experiments, call by call at their arrival times, against a local agent; its own figures beside those measured here.

    bench/replay.py [--build build/release] [--load io|cpu|azure]... [--policy NAME]... [--time-scale X] [--less N] [--out FILE]

The calls are read from ../shared/data/faasbatch-calls, the original's figures from ../shared/data/faasbatch-results; without them nothing is
measured. --time-scale X replays in X times the time (0.25: four times as fast, a short run under a higher load; azure: its sleeps too).
"""
import argparse
import json
import os
import pathlib
import re
import sys
import time

import traces
from harness import Agent, Table, python
from open_loop import replay

# The policy here, the original's implementation of it.
POLICIES = {"Adaptive": None, "FixedWindow": "Batching", "None": "BaseBatching", "Kraken": "Kraken", "SFS": "SFS", "Unbatched": None}
WINDOW = "200ms"  # the dispatch interval of the original's figures
NOTEWORTHY_MS = 20
PATIENCE = 60  # seconds after the last arrival: what has not answered by then is lost

CPU = """def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def handler(event, context):
    return fib(event - %d)
"""
# The client is built in each call and is one in a pod; the sleep is the round trip to the storage.
IO = """import time
import boto3
def handler(event, context):
    client = boto3.client('s3', region_name='eu-west-1', aws_access_key_id='a', aws_secret_access_key='b')
    url = client.generate_presigned_url('get_object', Params={'Bucket': 'b', 'Key': str(event)})
    time.sleep(0.02)
    return len(url)
"""
SLEEP = "import time\ndef handler(event, context):\n    time.sleep(event)\n"


class Load:
    """Calls, and the code of their functions."""

    def __init__(self, name, arguments):
        self.name = name
        if name == "azure":
            self.calls, self.code, self.mode = traces.azure(), SLEEP, "Threads"
        else:
            self.calls = traces.calls(name)
            self.code, self.mode = (IO, "Threads") if name == "io" else (CPU % arguments.less, "Processes")
        for call in self.calls:
            call.arrival *= arguments.time_scale
            if call.ideal:
                call.ideal = call.event = call.ideal * arguments.time_scale
        self.longest = max(call.ideal for call in self.calls)
        self.functions = sorted({call.function for call in self.calls})

    def spec(self, policy, arguments):
        """A burst may have as many pods as the policy likes: the original knew no bound."""
        batching = {"policy": policy, "maxSize": 128, "maxQueue": 10_000, **({"window": WINDOW} if policy != "Adaptive" else {})}
        return [{**python(name, self.code, concurrency={"mode": self.mode, "limit": 128}, batching=batching, timeout="600s",
                          pool={"maxPods": arguments.max_pods, "idleTimeout": "600s"})} for name in self.functions]

    def describe(self, arguments):
        end = self.calls[-1].arrival
        text = f"{self.name}: {len(self.calls)} calls of {len(self.functions)} functions in {end:.1f} s"
        if self.name != "cpu":
            return text
        seconds = sum(cost_of_fib(call.event - arguments.less) for call in self.calls)
        return f"{text}; arguments {arguments.less} smaller, {seconds:.1f} s of computing, {seconds / end / os.cpu_count():.0%} of {os.cpu_count()} cores"


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def cost_of_fib(n, known={}):
    """Seconds, from one that is measured: the cost grows with the golden ratio."""
    if not known:
        known[21] = min(timed(21) for _ in range(5))
    return known[21] * 1.618034 ** (n - 21)


def timed(n):
    begin = time.perf_counter()
    fib(n)
    return time.perf_counter() - begin


def parts(timing):
    return {name: float(value) for name, value in re.findall(r"([a-z]+);dur=([0-9.]+)", timing)}


def adds_up(timing):
    """Whether the parts of a receipt make up its total, within 1 % or 0.1 ms."""
    found = parts(timing)
    total = found.pop("total", -1)
    return abs(total - sum(found.values())) <= max(0.01 * total, 0.1)


class Outcome:
    """What came of a load under one policy."""

    def __init__(self, load, answers, pods):
        self.answers = answers
        self.good = [answer for answer in answers if answer.status == 200]
        self.lost = [answer for answer in answers if answer.status != 200]
        self.figures = traces.figures([(answer.latency - answer.call.ideal) * 1e3 for answer in self.good], pods)
        self.wrong_receipts = [answer for answer in self.good if not adds_up(answer.timing)]
        # Between sending and answer, and not in the receipt: the way to the agent and back, and the generator's own time.
        self.unaccounted = traces.quantile(sorted((one.latency - one.late) * 1e3 - parts(one.timing).get("total", 0) for one in self.good) or [0], 0.99)
        self.late = traces.quantile(sorted(answer.late for answer in answers), 0.99) * 1e3

    def explain(self, slowest):
        """The slowest calls, part by part, and what went wrong."""
        for answer in sorted(self.good, key=lambda one: one.latency - one.call.ideal)[::-1][:slowest]:
            shown = ", ".join(f"{name} {value:.1f}" for name, value in parts(answer.timing).items() if value >= 0.05)
            print(f"    at {answer.call.arrival:.3f} s {answer.call.function}({answer.call.event}): {answer.latency * 1e3:.1f} ms; sent {answer.late * 1e3:.1f} late; {shown}")
        for answer in self.lost[:5]:
            print(f"    LOST at {answer.call.arrival:.3f} s {answer.call.function}: {answer.status} {answer.detail}")
        for answer in self.wrong_receipts[:5]:
            print(f"    WRONG RECEIPT {answer.invocation}: {answer.timing}")


def pods_of(agent, answers):
    """The pods that the calls ran in, as their records say."""
    pods = set()
    for answer in answers:
        _, content = agent.call("GET", f"/v1/namespaces/default/invocations/{answer.invocation}")
        pods.update(attempt["pod"] for step in json.loads(content)["steps"] for attempt in step["attempts"])
    return len(pods)


def run(load, policy, arguments):
    with Agent(arguments.build, "--max-pods", str(arguments.max_pods)) as agent:
        agent.apply("replay", load.spec(policy, arguments), [{"name": "s", "function": load.functions[0]}])
        time.sleep(0.5)  # the generic pod: an agent that runs has it
        answers = replay(agent.port, load.calls, lambda call: f"/v1/namespaces/default/workflows/replay/functions/{call.function}/invocations",
                         PATIENCE + load.longest)
        return Outcome(load, answers, pods_of(agent, [answer for answer in answers if answer.status == 200]))


HEAD = f"{'':14}{'answered':>9}{'lost':>6}{'mean ms':>11}{'p50':>10}{'p99':>10}{'pods':>6}"


def line(name, figures, lost):
    return f"{name:14}{figures.answered:>9}{lost:>6}{figures.mean:>11.1f}{figures.p50:>10.1f}{figures.p99:>10.1f}{figures.pods:>6}"


def add_rows(table, load, policy, outcome, original):
    def add(what, unit, target=None):
        field = what.split()[0]
        here = len(outcome.lost) if field == "lost" else getattr(outcome.figures, field)
        theirs = None if original is None else len(load.calls) - original.answered if field == "lost" else getattr(original, field)
        table.add(f"{load.name}, {policy}: {what}", here, unit, target, theirs)

    add("lost calls", "calls", 0)
    for what in ("mean", "p50", "p99"):
        add(what, "ms")
    add("pods", "pods")
    table.add(f"{load.name}, {policy}: p99 of what no receipt has", outcome.unaccounted, "ms")
    table.add(f"{load.name}, {policy}: receipts that do not add up", len(outcome.wrong_receipts), "calls", 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--out", default="build/bench/replay.json")
    parser.add_argument("--load", action="append", choices=("io", "cpu", "azure"), help="default: io and cpu")
    parser.add_argument("--policy", action="append", choices=tuple(POLICIES), help="default: all")
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--less", type=int, default=6, help="taken from the Fibonacci arguments: the original computed for about 500 s within 45 s (default 6)")
    parser.add_argument("--max-pods", type=int, default=128, help="of each function, and of the agent (default 128)")
    parser.add_argument("--slowest", type=int, default=0, help="show the receipts of the N slowest calls")
    arguments = parser.parse_args()
    if why := traces.missing():
        print(f"replay skipped: {why}")
        return
    table = Table()
    for name in arguments.load or ("io", "cpu"):
        if name == "io" and not pathlib.Path("/usr/lib/python3/dist-packages/boto3").exists():
            print("io skipped: python3-boto3 is not installed")
            continue
        load = Load(name, arguments)
        print(f"\n{load.describe(arguments)}{' (latencies without the sleep itself)' if load.longest else ''}\n{HEAD}   the original: answered, lost, ...")
        for policy in arguments.policy or POLICIES:
            outcome = run(load, policy, arguments)
            theirs = POLICIES[policy] if name != "azure" else None
            original = traces.original(name, theirs) if theirs else None
            beside = line("", original, len(load.calls) - original.answered)[14:] if original else ""
            print(line(policy, outcome.figures, len(outcome.lost)) + "   " + beside, flush=True)
            if max(outcome.late, outcome.unaccounted) > NOTEWORTHY_MS:
                print(f"    p99 of what the latencies include and is not the agent's: {outcome.late:.0f} ms late, {outcome.unaccounted:.0f} ms in no receipt")
            outcome.explain(arguments.slowest)
            add_rows(table, load, policy, outcome, original)
    table.write(arguments.out)


if __name__ == "__main__":
    sys.exit(main())
