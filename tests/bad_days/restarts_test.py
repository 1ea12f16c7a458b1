#!/usr/bin/env python3
"""Agents that are killed with -9 and started again on their data: revisions, deletions, cancellations, waits and failures outlive them."""
import pathlib
import unittest

import harness
from harness import ECHO, python, until

STEPS = [{"name": "a", "function": "f"}, {"name": "pause", "wait": "2s", "after": ["a"]}, {"name": "b", "function": "f", "after": ["pause"]}]
BOTH = ["${steps.a.output}", "${steps.b.output}"]


def answering(version):
    return python("f", f"def handler(event):\n    return {version!r}\n")


class Restarts(unittest.TestCase):
    folder, new_agent = harness.Case.folder, harness.Case.new_agent
    problem, failure = harness.Case.problem, harness.Case.failure

    def setUp(self):
        self.agent = self.new_agent("--data", self.folder())

    def kill(self):
        self.agent.process.kill()
        self.agent.process.wait()

    def begun(self, run, step="a"):
        until(lambda: any(s["name"] == step and s["status"] == "Succeeded" for s in self.agent.record(run)["steps"]), f"step {step} does not end")

    def flushed(self):
        """What the journal was given before is in its hands."""
        self.agent.accept("flush")

    def test_revisions_and_deletions(self):
        agent = self.agent
        agent.apply("flush", [python("f", ECHO)])
        for name in ("changed", "deleted", "reborn"):
            agent.apply(name, [answering("old")], STEPS, output=BOTH)
        runs = {name: agent.accept(name) for name in ("changed", "deleted", "reborn")}
        for run in runs.values():
            self.begun(run)
        agent.apply("changed", [answering("new")], STEPS, output=BOTH)
        for name in ("deleted", "reborn"):
            self.assertEqual(agent.call("DELETE", f"/v1/namespaces/default/workflows/{name}").status, 200)
        agent.apply("reborn", [answering("new")], STEPS, output=BOTH)
        self.flushed()
        self.kill()
        agent.start()  # although pods were being started
        for name, run in runs.items():
            record = agent.ended(run)
            self.assertEqual((record["status"], record["output"]), ("Succeeded", ["old", "old"]), f"{name}: {record}")
        self.problem(agent.invoke("deleted"), 404, "WorkflowNotFound")
        self.assertEqual(agent.output("changed"), ["new", "new"])
        self.assertEqual(agent.output("reborn"), ["new", "new"])
        self.assertEqual(agent.stop(), 0)

    def test_revisions_of_sub_workflows(self):
        agent = self.agent
        agent.apply("flush", [python("f", ECHO)])
        agent.apply("inner", [answering("old")], STEPS, output=BOTH)
        agent.apply("outer", [python("f", ECHO)], [{"name": "a", "function": "f"}, {"name": "s", "workflow": "inner", "after": ["a"]}])
        run = agent.accept("outer")
        self.begun(run)
        agent.apply("inner", [answering("new")], STEPS, output=BOTH)
        self.flushed()
        self.kill()
        agent.start()
        record = agent.ended(run)
        self.assertEqual((record["status"], record["output"]), ("Succeeded", ["old", "old"]), record)
        self.assertEqual(agent.stop(), 0)

    def test_cancelled_stays_cancelled(self):
        """202 to a DELETE is a promise, like 202 to an invocation."""
        agent = self.agent
        agent.apply("held", [answering(1)], STEPS)
        for _ in range(5):
            runs = [agent.accept("held") for _ in range(3)]
            for run in runs:
                self.assertEqual(agent.cancel(run).status, 202)
            self.kill()
            agent.start()
            for run in runs:
                self.assertEqual(agent.ended(run)["status"], "Cancelled")
        self.assertEqual(agent.stop(), 0)

    def test_retries_catches_and_failures(self):
        agent = self.agent
        flaky = "def handler(event, context):\n    if context.attempt < 4:\n        raise ConnectionError('again')\n    return context.attempt\n"
        agent.apply("flaky", [python("f", flaky, retry={"limit": 5, "backoff": {"initial": "500ms", "max": "500ms"}})])
        agent.apply("caught", [python("bad", "def handler(event):\n    raise KeyError('x')\n"), python("f", ECHO)],
                    [{"name": "s", "function": "bad", "catch": [{"on": ["KeyError"], "steps": [{"name": "w", "wait": "2s"}, {"name": "c", "function": "f", "input": "${error.type}", "after": ["w"]}]}]}])
        agent.apply("late", [python("f", ECHO)], [{"name": "w", "wait": "60s"}], timeout="3s")
        runs = {name: agent.accept(name) for name in ("flaky", "caught", "late")}
        until(lambda: agent.record(runs["flaky"])["steps"] and agent.record(runs["flaky"])["steps"][0]["attempts"], "no attempt")
        self.kill()
        agent.start()
        records = {name: agent.ended(run) for name, run in runs.items()}
        self.assertEqual(records["flaky"]["status"], "Succeeded", records["flaky"])
        self.assertGreaterEqual(records["flaky"]["output"], 4)
        self.assertEqual((records["caught"]["status"], records["caught"]["output"]), ("Succeeded", "KeyError"), records["caught"])
        self.assertEqual(records["late"]["status"], "TimedOut", records["late"])
        self.assertEqual(agent.stop(), 0)

    def test_a_large_foreach_under_way(self):
        agent = self.agent
        file = pathlib.Path(self.folder()) / "calls"
        code = f"import os, time\ndef handler(event):\n    fd = os.open({str(file)!r}, os.O_CREAT | os.O_WRONLY | os.O_APPEND)\n    os.write(fd, b'%d\\n' % event)\n    os.close(fd)\n    time.sleep(0.02)\n    return event * 2\n"
        agent.apply("each", [python("f", code, limit=16, pool={"maxPods": 2})], [{"name": "e", "foreach": {"items": "${input}"}, "function": "f", "input": "${item}"}])
        run = agent.accept("each", list(range(1000)))
        for enough in (200, 500):
            until(lambda: file.exists() and len(set(file.read_bytes().split())) > enough, "the calls do not go on")
            self.kill()
            agent.start()
        record = agent.ended(run)
        self.assertEqual((record["status"], record["output"]), ("Succeeded", [2 * i for i in range(1000)]), record["error"])
        calls = len(file.read_bytes().split())
        self.assertLess(calls, 1000 + 400, "what had ended before the kill was done again")
        self.assertEqual(agent.stop(), 0)

    def test_killed_as_soon_as_it_is_ready_again_and_again(self):
        agent = self.agent
        agent.apply("held", [answering(1)], STEPS)
        runs = [agent.accept("held") for _ in range(50)]
        for _ in range(8):
            self.kill()
            agent.start()
        for run in runs:
            self.assertEqual(agent.ended(run)["status"], "Succeeded")
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
