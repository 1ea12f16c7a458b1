#!/usr/bin/env python3
"""Idempotency keys: the same one twice at once, with another input, over kill -9, of runs that failed or were cancelled."""
import unittest

import harness
from harness import python, together, until

# Answers something new each time, after a while.
UNIQUE = "import time, uuid\ndef handler(event):\n    time.sleep(event.get('sleep', 0))\n    if event.get('bad'):\n        raise ValueError(str(uuid.uuid4()))\n    return str(uuid.uuid4())\n"


class Keys(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.apply("unique", [python("f", UNIQUE)])

    def test_twice_at_once(self):
        for turn in range(20):
            answers = together(8, lambda i: self.agent.invoke("unique", {"turn": turn}, Idempotency_Key=f"once-{turn}"))
            self.assertEqual({a.status for a in answers}, {200})
            self.assertEqual(len({(a.body, a.headers["invocation-id"]) for a in answers}), 1)

    def test_twice_at_once_sync_and_async(self):
        def one(i):
            return self.agent.invoke("unique", {"sleep": 0.2}, Idempotency_Key="mixed", **({"Prefer": "respond-async"} if i % 2 else {}))

        answers = together(16, one)
        self.assertEqual(len({a.headers["invocation-id"] for a in answers}), 1)
        self.assertEqual(len({a.body for a in answers[::2]}), 1)
        self.assertLessEqual({a.status for a in answers}, {200, 202})

    def test_another_input_at_once(self):
        answers = together(16, lambda i: self.agent.invoke("unique", {"half": i % 2, "sleep": 0.1}, Idempotency_Key="two-inputs"))
        winner = next(i for i, a in enumerate(answers) if a.status == 200)
        for i, answer in enumerate(answers):
            if i % 2 == winner % 2:
                self.assertEqual(answer.body, answers[winner].body)
            else:
                self.problem(answer, 422, "IdempotencyMismatch")

    def test_a_key_belongs_to_its_workflow_and_function(self):
        self.agent.apply("unique-too", [python("f", UNIQUE)])
        bodies = {self.agent.invoke(name, {}, Idempotency_Key="shared").body for name in ("unique", "unique-too")}
        path = "/v1/namespaces/default/workflows/unique/functions/f/invocations"
        bodies.add(self.agent.call("POST", path, "{}", headers={"Idempotency-Key": "shared"}).body)
        self.assertEqual(len(bodies), 3)

    def test_of_a_run_that_failed(self):
        answers = together(8, lambda i: self.agent.invoke("unique", {"bad": True, "sleep": 0.1}, Idempotency_Key="failed"))
        answers.append(self.agent.invoke("unique", {"bad": True, "sleep": 0.1}, Idempotency_Key="failed"))
        for answer in answers:
            self.assertEqual(self.failure(answer, "ValueError"), answers[0].json()["error"])

    def test_of_a_run_that_was_cancelled(self):
        run = self.agent.accept("unique", {"sleep": 30}, Idempotency_Key="cancelled")
        self.assertEqual(self.agent.cancel(run).status, 202)
        self.assertEqual(self.agent.ended(run)["status"], "Cancelled")
        self.problem(self.agent.invoke("unique", {"sleep": 30}, Idempotency_Key="cancelled"), 409, "Cancelled")

    def test_that_was_refused_may_come_again(self):
        tight = python("f", UNIQUE, limit=1, pool={"maxPods": 1}, batching={"maxQueue": 1})
        self.agent.apply("tight", [tight])
        runs = [self.agent.accept("tight", {"sleep": 0.5}) for _ in range(4)]
        answer = self.agent.invoke("tight", {}, Idempotency_Key="refused")
        self.problem(answer, 429, "QueueFull")
        for run in runs:
            self.agent.ended(run)
        again = self.agent.invoke("tight", {}, Idempotency_Key="refused")
        self.assertEqual(again.status, 200, again)
        self.assertEqual(self.agent.invoke("tight", {}, Idempotency_Key="refused").body, again.body)

    def test_odd_keys(self):
        for key in ("ünï", "a b", "\"q\"", "'; DROP TABLE runs; --", "%00", "k" * 200):
            with self.subTest(key=key):
                answers = {self.agent.invoke("unique", {}, Idempotency_Key=key.encode()).body for _ in range(2)}
                self.assertEqual(len(answers), 1)


class KeysOverDeath(unittest.TestCase):
    folder, new_agent = harness.Case.folder, harness.Case.new_agent
    problem, failure = harness.Case.problem, harness.Case.failure

    def kill(self, agent):
        agent.process.kill()
        agent.process.wait()
        agent.start()

    def test_over_kill_9(self):
        agent = self.new_agent("--data", self.folder())
        agent.apply("unique", [python("f", UNIQUE)])
        done = agent.invoke("unique", {"a": 1}, Prefer="respond-async, wait=20", Idempotency_Key="done")
        self.assertEqual(done.status, 200)
        failed = agent.invoke("unique", {"bad": True}, Prefer="respond-async, wait=20", Idempotency_Key="failed")
        self.failure(failed, "ValueError")
        until(lambda: agent.metric("faasbatch_runs_active") == 0, "runs do not end")
        under_way = agent.accept("unique", {"sleep": 1}, Idempotency_Key="under way")
        until(lambda: agent.record(under_way)["status"] == "Running", "the run does not begin")
        self.kill(agent)
        answers = together(8, lambda i: agent.invoke("unique", {"sleep": 1}, Idempotency_Key="under way"))
        self.assertEqual({(a.status, a.headers["invocation-id"]) for a in answers}, {(200, under_way)})
        self.assertEqual(len({a.body for a in answers}), 1)
        again = agent.invoke("unique", {"a": 1}, Idempotency_Key="done")
        self.assertEqual((again.status, again.body), (200, done.body))
        again = agent.invoke("unique", {"bad": True}, Idempotency_Key="failed")
        self.assertEqual(self.failure(again, "ValueError"), failed.json()["error"])
        self.problem(agent.invoke("unique", {"a": 2}, Idempotency_Key="done"), 422, "IdempotencyMismatch")
        agent.stop()
        agent.start()
        self.assertEqual(agent.invoke("unique", {"sleep": 1}, Idempotency_Key="under way").body, answers[0].body)
        self.assertEqual(agent.stop(), 0)

    def test_twice_at_once_on_disk(self):
        agent = self.new_agent("--data", self.folder())
        agent.apply("unique", [python("f", UNIQUE)])
        ids = []
        for turn in range(10):
            answers = together(8, lambda i: agent.invoke("unique", {"turn": turn}, Prefer="respond-async", Idempotency_Key=f"once-{turn}"))
            self.assertEqual({a.status for a in answers} - {200}, {202})
            self.assertEqual(len({a.headers["invocation-id"] for a in answers}), 1)
            ids.append(answers[0].headers["invocation-id"])
        self.kill(agent)
        outputs = [agent.ended(run)["output"] for run in ids]
        self.assertEqual(len(set(outputs)), 10)
        for turn, output in enumerate(outputs):
            self.assertEqual(agent.invoke("unique", {"turn": turn}, Idempotency_Key=f"once-{turn}").json(), output)
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
