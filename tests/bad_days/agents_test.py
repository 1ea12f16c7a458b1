#!/usr/bin/env python3
"""Several agents: whoever is called, the call meets at its home; records, logs, lists, cancellation and keys from everywhere; agents that die."""
import unittest

import fleet
import harness
from fleet import placed
from harness import python, together, until

UNIQUE = "import os, time, uuid\ndef handler(event, context):\n    print('hello from', context.step)\n    time.sleep((event or {}).get('sleep', 0))\n    return str(uuid.uuid4())\n"


def home_of(record):
    return record["steps"][0]["attempts"][0]["node"]


class Forwarding(unittest.TestCase):
    problem = harness.Case.problem

    @classmethod
    def setUpClass(cls):
        cls.fleet = fleet.Fleet("abc", {"on-b": placed({"only": "b"}), "on-a-or-b": placed({"only": "a"}, {"only": "b"})})
        cls.fleet.apply("on-b", [python("f", UNIQUE)])
        cls.fleet.apply("on-a-or-b", [python("f", UNIQUE)])

    @classmethod
    def tearDownClass(cls):
        cls.fleet.stop()

    def test_a_call_is_answered_where_it_is_placed(self):
        for node in "abc":
            answer = self.fleet[node].invoke("on-b", {})
            self.assertEqual(answer.status, 200, answer)
            self.assertIn("total;dur=", answer.headers["server-timing"])
            run = answer.headers["invocation-id"]
            for other in "abc":
                record = self.fleet[other].record(run)
                self.assertEqual((record["id"], home_of(record), record["status"]), (run, "b", "Succeeded"))

    def test_an_agent_of_a_replica_answers_itself(self):
        for node in "ab":
            run = self.fleet[node].invoke("on-a-or-b", {}).headers["invocation-id"]
            self.assertEqual(home_of(self.fleet["c"].record(run)), node)
        homes = {home_of(self.fleet["c"].record(self.fleet["c"].invoke("on-a-or-b", {}).headers["invocation-id"])) for _ in range(4)}
        self.assertEqual(homes, {"a", "b"})

    def test_asynchronously(self):
        run = self.fleet["a"].accept("on-b", {"sleep": 0.3})
        record = self.fleet["c"].ended(run)
        self.assertEqual((record["status"], home_of(record)), ("Succeeded", "b"))
        logs = self.fleet["a"].call("GET", f"/v1/namespaces/default/invocations/{run}/logs")
        self.assertEqual(logs.headers["content-type"], "application/jsonl")
        self.assertIn("hello from only", logs.body.decode())
        within = self.fleet["a"].invoke("on-b", {"sleep": 0.1}, Prefer="respond-async, wait=30")
        self.assertEqual(within.status, 200, within)

    def test_cancelled_from_another(self):
        run = self.fleet["a"].accept("on-b", {"sleep": 30})
        until(lambda: self.fleet["c"].record(run)["status"] == "Running", "the run does not begin")
        self.assertEqual(self.fleet["c"].cancel(run).status, 202)
        self.assertEqual(self.fleet["a"].ended(run)["status"], "Cancelled")

    def test_lists_ask_everyone(self):
        runs = {self.fleet[node].invoke("on-a-or-b", {}).headers["invocation-id"] for node in "abab"}
        for node in "abc":
            seen, path = [], "/v1/namespaces/default/invocations?workflow=on-a-or-b&limit=3"
            more = ""
            while more is not None:
                page = self.fleet[node].call("GET", path + (f"&continue={more}" if more else "")).json()
                seen += [item["id"] for item in page["items"]]
                more = page.get("continue")
            self.assertLessEqual(runs, set(seen))
            self.assertEqual(seen, sorted(set(seen), reverse=True))

    def test_errors_are_passed_on(self):
        self.problem(self.fleet["a"].call("GET", "/v1/namespaces/default/invocations/018bcfe5-6800-7000-8000-000000000000"), 404, "InvocationNotFound")
        self.problem(self.fleet["a"].call("POST", "/v1/namespaces/default/workflows/on-b/functions/x/invocations"), 404, "FunctionNotFound")
        self.problem(self.fleet["a"].call("POST", "/v1/namespaces/default/workflows/on-b/invocations", "{", headers={"Content-Type": "application/json"}), 400, "InvalidJson")
        self.problem(self.fleet["a"].invoke("nothing", {}), 404, "WorkflowNotFound")

    def test_a_key_twice_at_once_at_all_agents(self):
        for turn in range(10):
            answers = together(9, lambda i: self.fleet["abc"[i % 3]].invoke("on-a-or-b", {"turn": turn, "sleep": 0.05}, Idempotency_Key=f"once-{turn}"))
            self.assertEqual({a.status for a in answers}, {200}, answers)
            self.assertEqual(len({(a.body, a.headers["invocation-id"]) for a in answers}), 1, answers)
        again = self.fleet["c"].invoke("on-a-or-b", {"turn": 0, "sleep": 1}, Idempotency_Key="once-0")
        self.problem(again, 422, "IdempotencyMismatch")

    def test_many_at_once(self):
        answers = together(60, lambda i: self.fleet["ac"[i % 2]].invoke("on-b", {"sleep": 0.2}))
        self.assertEqual({a.status for a in answers}, {200})
        self.assertEqual(len({a.body for a in answers}), 60)


class AgentsThatDie(unittest.TestCase):
    problem = harness.Case.problem

    def new_fleet(self, *arguments, **options):
        new = fleet.Fleet(*arguments, **options)
        self.addCleanup(new.stop)
        return new

    def test_another_replica_answers(self):
        agents = self.new_fleet("abc", {"w": placed({"only": "a"}, {"only": "b"})})
        agents.apply("w", [python("f", UNIQUE)])
        before = agents["c"].accept("w", {"sleep": 30})
        home = until(lambda: (agents["c"].record(before)["steps"] or [{"attempts": None}])[0]["attempts"], "no attempt")[0]["node"]
        agents.kill(home)
        answers = together(8, lambda i: agents["c"].invoke("w", {}))
        self.assertEqual({a.status for a in answers}, {200}, answers)
        other = "b" if home == "a" else "a"
        self.assertEqual({home_of(agents["c"].record(a.headers["invocation-id"])) for a in answers}, {other})
        self.problem(agents["c"].call("GET", f"/v1/namespaces/default/invocations/{before}"), 503, "AgentUnreachable")
        listed = agents["c"].call("GET", "/v1/namespaces/default/invocations")
        self.assertEqual(listed.status, 200)
        self.assertIn(home, listed.headers["warning"])

    def test_keys_are_known_when_the_first_agent_is_back(self):
        agents = self.new_fleet("ab", {"w": placed({"only": "a"}, {"only": "b"})}, data=True)
        agents.apply("w", [python("f", UNIQUE)])
        for dead, alive in ("ab", "ba"):
            agents.kill(dead)
            first = {key: agents[alive].invoke("w", {}, Idempotency_Key=f"{dead}-{key}") for key in range(8)}
            self.assertEqual({a.status for a in first.values()}, {200}, first)
            agents[dead].start()
            until(lambda: agents[alive].invoke("w", {}).status == 200, "the agents do not answer")
            for key, answer in first.items():
                again = agents[dead].invoke("w", {}, Idempotency_Key=f"{dead}-{key}")
                self.assertEqual((again.status, again.body), (200, answer.body), again)

    def test_a_call_under_way_is_told_of_its_end(self):
        agents = self.new_fleet("ab", {"w": placed({"only": "b"})})
        agents.apply("w", [python("f", UNIQUE)])
        calls = []

        def call(i):
            if i == 0:
                return agents["a"].invoke("w", {"sleep": 60})
            until(lambda: agents["b"].metric("faasbatch_runs_active") == 1, "the call does not arrive")
            agents.kill("b")
            return None

        calls = together(2, call)
        self.problem(calls[0], 503, "AgentUnreachable")

    def test_one_with_another_secret_is_refused(self):
        agents = self.new_fleet("ab", {"w": placed({"only": "b"})})
        agents.apply("w", [python("f", UNIQUE)])
        (agents.folder / "other").write_text("another secret of enough bytes".replace(" ", "-"))
        agents.ports["c"] = harness.free_port()
        stranger = fleet.FleetAgent(*agents.options("c", False, "other"))
        self.addCleanup(stranger.stop)
        self.problem(stranger.invoke("w", {}), 503, "AgentUnreachable")
        self.assertNotIn("another-secret", agents["b"].log() + stranger.log())
        until(lambda: "showed a wrong secret" in agents["b"].log(), "the refusal is not in the log")


if __name__ == "__main__":
    harness.main()
