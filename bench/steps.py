#!/usr/bin/env python3
"""What lies between one step and the next, on one node and across nodes: chains of native steps that do nothing, one call after the other.

    bench/steps.py [BUILD_DIR]        milliseconds a step: (total - exec) / steps of each run's receipt
"""
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release").resolve()
sys.argv = [sys.argv[0], str(BUILD)]
sys.path.insert(0, str(ROOT / "tests" / "bad_days"))  # before bench, whose harness is another

import fleet  # noqa: E402
from fleet import placed  # noqa: E402

STEPS, RUNS = 20, 300
FUNCTION = {"name": "f", "runtime": "Native", "handler": "noop.handler", "source": {"path": str(BUILD / "bench" / "noop.so")}}
NAMES = [f"s{i}" for i in range(STEPS)]
CHAIN = [{"name": name, "function": "f", "after": NAMES[i - 1:i]} for i, name in enumerate(NAMES)]
KINDS = {"one node": (lambda i: "a", {}), "across two": (lambda i: "ab"[i % 2], {}),
         "across two, driven by home": (lambda i: "ab"[i % 2], {"control": "Home"}),
         "across three, driven by home": (lambda i: "abc"[i % 3], {"control": "Home"}), "across three": (lambda i: "abc"[i % 3], {})}


def part(header, name):
    return float(re.search(rf"(?:^|, ){name};dur=([\d.]+)", header).group(1))


def main():
    names = {kind: f"chain-{i}" for i, kind in enumerate(KINDS)}
    agents = fleet.Fleet("abc", {names[kind]: placed({name: node(i) for i, name in enumerate(NAMES)}) for kind, (node, _) in KINDS.items()})
    try:
        for kind, (_, spec) in KINDS.items():
            agents.apply(names[kind], [FUNCTION], CHAIN, **spec)
        print(f"{'':32}{'p50':>8}{'p90':>8}{'p99':>8}  ms a step, of {RUNS} runs of {STEPS} steps")
        for kind in KINDS:
            gaps = []
            for i in range(RUNS + 20):
                timing = agents["a"].invoke(names[kind], {}).headers["server-timing"]
                if i >= 20:
                    gaps.append((part(timing, "total") - part(timing, "exec")) / STEPS)
            cuts = statistics.quantiles(gaps, n=100)
            print(f"{kind:32}{cuts[49]:8.3f}{cuts[89]:8.3f}{cuts[98]:8.3f}")
    finally:
        agents.stop()


if __name__ == "__main__":
    main()
