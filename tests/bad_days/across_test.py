#!/usr/bin/env python3
"""Runs whose steps are placed on several nodes: joins, switch, foreach, catch, retry, timeouts, cancellation; agents that die with parts of runs."""
import datetime
import json
import unittest

import fleet
import harness
import peers
from fleet import placed
from harness import python, together, until
from steps import F, STEP, chain, nodes_of

def add_up(case, record):
    receipt = record["receipt"]
    case.assertAlmostEqual(sum(part for name, part in receipt.items() if name != "total"), receipt["total"], delta=max(0.1, receipt["total"] / 100))


class Across(unittest.TestCase):
    problem = harness.Case.problem

    @classmethod
    def setUpClass(cls):
        python_twice = [*F, python("g", STEP)]
        cls.workflows = {
            "chain": (chain("s", "t", "u"), {"s": "a", "t": "b", "u": "c"}, {}),
            "by-home": (chain("s", "t", "u"), {"s": "a", "t": "b", "u": "c"}, {"control": "Home"}),
            "elsewhere": (chain("s", "t"), {"s": "a", "t": "b"}, {}),
            "join": ([{"name": "s", "function": "f", "input": "${input}"},
                      {"name": "l", "function": "f", "input": {"value": "${steps.s.output + 1}"}},
                      {"name": "r", "function": "f", "input": {"value": "${steps.s.output + 2}"}},
                      {"name": "m", "function": "f", "input": {"value": ["${steps.l.output}", "${steps.r.output}"]}}],
                     {"s": "a", "l": "b", "r": "c", "m": "b"}, {}),
            "inside": ([{"name": "s", "function": "f", "input": "${input}"},
                        {"name": "each", "foreach": {"items": "${steps.s.output}"}, "function": "f", "input": {"value": "${item * 2}"}},
                        {"name": "way", "switch": [
                            {"when": "${size(steps.each.output) > 2}", "steps": [{"name": "many", "function": "f", "input": {"value": "many"}}]},
                            {"steps": [{"name": "few", "function": "f", "input": {"value": "few"}}]}], "after": ["each"]},
                        {"name": "end", "function": "f", "input": {"value": {"each": "${steps.each.output}", "way": "${steps.way.output}"}}}],
                       {"s": "a", "each": "b", "way": "c", "end": "a"}, {}),
            "caught": ([{"name": "s", "function": "f", "input": "${input}"},
                        {"name": "t", "function": "f", "input": {"value": "${steps.s.output}", "fail": 9},
                         "retry": {"limit": 1, "backoff": {"initial": "1ms", "max": "1ms"}},
                         "catch": [{"on": ["ValueError"], "steps": [{"name": "c", "function": "f", "input": {"value": "${error.type}"}}]}]},
                        {"name": "u", "function": "f", "input": {"value": "${steps.t.output}"}}],
                       {"s": "a", "t": "b", "u": "c"}, {}),
            "failing": ([{"name": "s", "function": "f"}, {"name": "t", "function": "f", "input": {"fail": 9}, "after": ["s"]},
                         {"name": "u", "function": "f", "after": ["t"]}], {"s": "a", "t": "b", "u": "c"}, {}),
            "slow": ([{"name": "s", "function": "f", "input": {"value": 1}},
                      {"name": "t", "function": "f", "input": {"value": "${steps.s.output}", "sleep": 30}, "timeout": "300ms"}],
                     {"s": "a", "t": "b"}, {}),
            "late": ([{"name": "s", "function": "f", "input": {"value": 1}},
                      {"name": "t", "function": "f", "input": {"value": "${steps.s.output}", "sleep": 30}}],
                     {"s": "a", "t": "b"}, {"timeout": "500ms"}),
            "stuck": ([{"name": "s", "function": "f", "input": {"value": 1}}, {"name": "t", "function": "g", "after": ["s"]}],
                      {"s": "a", "t": "b"}, {"timeout": "5s"}),
            "apart": ([{"name": "s", "function": "f"}, {"name": "t", "function": "g", "after": ["s"]}], {"s": "a", "t": "b"}, {}),
            "long": ([{"name": "s", "function": "f", "input": {"value": 1}},
                      {"name": "t", "function": "f", "input": {"value": "${steps.s.output}", "sleep": 30}}],
                     {"s": "a", "t": "b"}, {}),
        }
        cls.fleet = fleet.Fleet("abc", {name: placed(where) for name, (_, where, _) in cls.workflows.items()})
        for name, (steps, _, spec) in cls.workflows.items():
            functions = {"apart": python_twice, "stuck": [*F, python("g", "import time\ntime.sleep(60)\n" + STEP)]}
            cls.fleet.apply(name, functions.get(name, F), steps, **spec)

    @classmethod
    def tearDownClass(cls):
        cls.fleet.stop()

    def run_of(self, name, event, node="a"):
        answer = self.fleet[node].invoke(name, event)
        record = self.fleet[node].record(answer.headers["invocation-id"])
        add_up(self, record)
        return answer, record

    def test_a_chain(self):
        for name in ("chain", "by-home"):
            for node in "abc":
                answer, record = self.run_of(name, {"value": {"big": "x" * 1000}}, node)
                self.assertEqual((answer.status, answer.json()), (200, {"big": "x" * 1000}), answer)
                self.assertEqual(nodes_of(record), {"s": ["a"], "t": ["b"], "u": ["c"]})
                self.assertEqual([step["status"] for step in record["steps"]], ["Succeeded"] * 3)
                logs = self.fleet[node].call("GET", f"/v1/namespaces/default/invocations/{record['id']}/logs").body.decode()
                self.assertEqual(sorted(json.loads(line)["text"].strip() for line in logs.splitlines()), ["step s 1", "step t 1", "step u 1"])

    def test_large_outputs(self):
        answer, record = self.run_of("chain", {"value": "x" * 3_000_000})
        self.assertEqual(len(answer.json()), 3_000_000)

    def test_joins(self):
        answer, record = self.run_of("join", {"value": 1})
        self.assertEqual(answer.json(), [2, 3])
        self.assertEqual(nodes_of(record), {"s": ["a"], "l": ["b"], "r": ["c"], "m": ["b"]})

    def test_foreach_and_switch_run_where_their_step_is(self):
        answer, record = self.run_of("inside", {"value": [1, 2, 3]})
        self.assertEqual(answer.json(), {"each": [2, 4, 6], "way": "many"})
        where = {(step["name"], attempt["node"]) for step in record["steps"] for attempt in step["attempts"]}
        self.assertEqual(where, {("s", "a"), ("each", "b"), ("many", "c"), ("end", "a")})
        answer, _ = self.run_of("inside", {"value": []})
        self.assertEqual(answer.json(), {"each": [], "way": "few"})

    def test_retries_and_catches(self):
        answer, record = self.run_of("caught", {"value": 1})
        self.assertEqual(answer.json(), "ValueError")
        self.assertEqual(nodes_of(record), {"s": ["a"], "t": ["b", "b"], "c": ["b"], "u": ["c"]})

    def test_a_failure_ends_the_run(self):
        answer = self.fleet["c"].invoke("failing", {})
        error = self.problem(answer, 500, "StepFailed")["error"]
        self.assertEqual((error["type"], error["step"]), ("ValueError", "t"))

    def test_timeouts(self):
        error = self.problem(self.fleet["a"].invoke("slow", {}), 504, "Timeout")["error"]
        self.assertEqual(error["step"], "t")
        ended = self.fleet["b"].metric("faasbatch_calls_total")
        self.problem(self.fleet["a"].invoke("late", {}), 504, "Timeout")
        until(lambda: self.fleet["b"].metric("faasbatch_calls_total") > ended, "the call goes on", 20)

    def test_a_timeout_says_what_a_call_elsewhere_waits_for(self):
        error = self.problem(self.fleet["a"].invoke("stuck", {}), 504, "Timeout")["error"]
        self.assertRegex(error["message"], r'^the run did not end within 5s: step "t" waits for a pod.* \(on node b\)$')

    def test_cancellation_ends_calls_elsewhere(self):
        run = self.fleet["a"].accept("long", {})
        until(lambda: "b" in nodes_of(self.fleet["a"].record(run)).get("t", []), lambda: self.fleet["a"].record(run))
        ended = self.fleet["b"].metric("faasbatch_calls_total")
        self.assertEqual(self.fleet["c"].cancel(run).status, 202)
        self.assertEqual(self.fleet["b"].ended(run)["status"], "Cancelled")
        until(lambda: self.fleet["b"].metric("faasbatch_calls_total") > ended, "the call goes on", 20)

    def test_a_function_is_called_where_a_step_calls_it(self):
        for node in "abc":
            answer = self.fleet[node].call("POST", "/v1/namespaces/default/workflows/apart/functions/g/invocations", '{"value": 3}',
                                           headers={"Content-Type": "application/json"})
            self.assertEqual((answer.status, answer.json()), (200, 3), answer)
            self.assertEqual(nodes_of(self.fleet[node].record(answer.headers["invocation-id"])), {"g": ["b"]})

    def test_many_at_once(self):
        answers = together(100, lambda i: self.fleet["abc"[i % 3]].invoke("join", {"value": i}), 20)
        self.assertEqual([answer.json() for answer in answers], [[i + 1, i + 2] for i in range(100)])


class Clocks(unittest.TestCase):
    """Nodes whose clocks are half an hour apart: what one tells another is for how long, never when."""
    CLOCKS = {"a": "-1800", "b": "+0", "c": "-3540"}

    def setUp(self):
        self.fleet = fleet.Fleet("abc", {"w": placed({"s": "a", "t": "b", "u": "c"}), "late": placed({"s": "a", "t": "b"})},
                                 environment=lambda node: harness.clock_behind(self, self.CLOCKS[node]))
        self.addCleanup(self.fleet.stop)
        self.fleet.apply("w", F, chain("s", "t", "u"))
        self.fleet.apply("late", F, [{"name": "s", "function": "f", "input": {"value": 1}},
                                     {"name": "t", "function": "f", "input": {"value": "${steps.s.output}", "sleep": 30}}], timeout="2s")

    def test_clocks_are_apart(self):
        began = {node: self.fleet[node].record(self.fleet[node].accept("w", {"value": 1}))["createdAt"] for node in "abc"}
        self.assertEqual(sorted(began, key=began.get), ["c", "a", "b"])

    def test_records_are_in_the_time_of_their_home(self):
        for node in "abc":
            answer = self.fleet[node].invoke("w", {"value": node})
            self.assertEqual((answer.status, answer.json()), (200, node), answer)
            record = self.fleet[node].record(answer.headers["invocation-id"])
            add_up(self, record)
            self.assertLess(record["receipt"]["total"], 60_000)
            self.assertEqual(nodes_of(record), {"s": ["a"], "t": ["b"], "u": ["c"]})
            created, finished = (datetime.datetime.fromisoformat(record[name]) for name in ("createdAt", "finishedAt"))
            about = datetime.timedelta(seconds=5)  # how long a message was on its way is not known
            for step in record["steps"]:
                for attempt in step["attempts"]:
                    started = datetime.datetime.fromisoformat(attempt["startedAt"])
                    self.assertTrue(created - about < started < finished + about, record)

    def test_timeouts_are_durations(self):
        for node in "abc":
            answer = self.fleet[node].invoke("late", {})
            self.assertEqual(answer.status, 504, answer)
        answer = self.fleet["b"].invoke("w", {"value": "still"})
        self.assertEqual((answer.status, answer.json()), (200, "still"), answer)

    def test_logs_come_from_all(self):
        run = self.fleet["a"].accept("w", {"value": 1})
        self.assertEqual(self.fleet["a"].ended(run)["status"], "Succeeded")
        lines = self.fleet["a"].call("GET", f"/v1/namespaces/default/invocations/{run}/logs").body.decode().splitlines()
        self.assertEqual([json.loads(line)["text"].strip() for line in lines], ["step s 1", "step t 1", "step u 1"])


class Stores(unittest.TestCase):
    """A Redis on each node and a CouchDB for all: large outputs lie where all that look at them can."""

    def setUp(self):
        self.redis, self.couch = {node: peers.Redis() for node in "ab"}, peers.CouchDB()
        for server in (*self.redis.values(), self.couch):
            if server.missing:
                self.skipTest(server.missing)
            self.addCleanup(server.kill)
        self.fleet = fleet.Fleet("ab", {"w": placed({"s": "a", "near": "a", "far": "b", "end": "a"})},
                                 "--couchdb", self.couch.url, each=lambda node: ["--redis", self.redis[node].url])
        self.addCleanup(self.fleet.stop)
        self.fleet.apply("w", F, [{"name": "s", "function": "f", "input": {"value": "${input}"}},
                                  {"name": "near", "function": "f", "input": {"value": "${steps.s.output}"}},
                                  {"name": "far", "function": "f", "input": {"value": "${steps.near.output}"}},
                                  {"name": "end", "function": "f", "input": {"value": ["${steps.near.output}", "${steps.far.output}"]}}])

    def test_large_outputs_lie_where_they_are_needed(self):
        large = "x" * 200_000
        for node in "ab":
            answer = self.fleet[node].invoke("w", large)
            self.assertEqual(answer.json(), [large, large])
            record = self.fleet[node].record(answer.headers["invocation-id"])
            self.assertEqual({step["name"]: step["store"] for step in record["steps"]},
                             {"s": "Node", "near": "Cluster", "far": "Cluster", "end": "Node" if node == "a" else "Cluster"})
        until(lambda: self.redis["a"].keys() + self.redis["b"].keys() == 0, "outputs are left in Redis")
        until(lambda: self.couch.documents() <= 1, "outputs are left in CouchDB")  # its design document stays


class AgentsThatDie(unittest.TestCase):
    """Runs are held at a step while agents die; then they are let go, and all of them end as if nothing had been."""
    RUNS = 40

    def held(self, at, *replicas):
        """Agents, and the ids of runs that are all at the step `at`."""
        agents = fleet.Fleet("abc", {"w": placed(*replicas)}, data=True)
        self.addCleanup(agents.stop)
        self.gate = agents.folder / "gate"
        agents.apply("w", F, chain("s", "t", "u", **{at: self.gate}))
        runs = together(self.RUNS, lambda i: agents["a"].accept("w", {"value": i}), 8)
        until(lambda: all(nodes_of(agents["a"].record(run)).get(at) for run in runs), f"not all runs get to {at}")
        return agents, runs

    def expect_all(self, agents, runs, at):
        """All runs have ended well; the nodes that each ran the step `at` on."""
        self.gate.touch()
        ran = []
        for i, run in enumerate(runs):
            record = agents["a"].ended(run)
            self.assertEqual((record["status"], record["output"]), ("Succeeded", i), record)
            for step in record["steps"]:
                numbers = [attempt["number"] for attempt in step["attempts"]]
                self.assertEqual(numbers, list(range(1, len(numbers) + 1)), record)
            ran.append(nodes_of(record)[at])
        return ran

    def test_an_owner_that_does_not_come_back(self):
        agents, runs = self.held("t", {"s": "a", "t": "b", "u": "a"}, {"s": "a", "t": "c", "u": "a"})
        agents.kill("b")
        self.assertEqual(self.expect_all(agents, runs, "t"), [["b", "c"]] * self.RUNS)
        self.assertEqual(agents["a"].metric("faasbatch_run_steps_moved_total"), self.RUNS)
        answer = agents["a"].invoke("w", {"value": "after"})  # b is known to be lost
        self.assertEqual(nodes_of(agents["a"].record(answer.headers["invocation-id"]))["t"], ["c"])

    def test_an_owner_that_starts_anew(self):
        agents, runs = self.held("t", {"s": "b", "t": "b", "u": "a"})
        agents.kill("b")
        agents["b"].start()
        self.assertEqual(self.expect_all(agents, runs, "t"), [["b", "b"]] * self.RUNS)

    def test_an_owner_that_starts_anew_again_and_again(self):
        agents, runs = self.held("t", {"s": "a", "t": "b", "u": "c"})
        for _ in range(2):
            agents.kill("b")
            agents["b"].start()
            until(lambda: agents["b"].metric("faasbatch_batches_total") > 0, "b gets no call")
        self.assertEqual(self.expect_all(agents, runs, "t")[0], ["b", "b", "b"])

    def test_a_home_that_starts_anew(self):
        agents, runs = self.held("s", {"s": "a", "t": "b", "u": "c"})
        agents.kill("a")
        agents["a"].start()
        self.assertEqual({(len(nodes), nodes[-1]) for nodes in self.expect_all(agents, runs, "s")}, {(2, "a")})

    def test_steps_elsewhere_go_on_without_home(self):
        agents, runs = self.held("t", {"s": "a", "t": "b", "u": "c"})
        agents.kill("a")
        self.gate.touch()
        until(lambda: agents["c"].metric("faasbatch_calls_total") == self.RUNS, "the owners do not go on")
        agents["a"].start()
        self.assertEqual(self.expect_all(agents, runs, "t"), [["b"]] * self.RUNS)

    def test_everybody_in_turn(self):
        agents, runs = self.held("t", {"s": "a", "t": "b", "u": "c"})
        for node in "bca":
            agents.kill(node)
            agents[node].start()
        for nodes in self.expect_all(agents, runs, "t"):
            self.assertGreater(len(nodes), 1)
        until(lambda: all(agents[node].metric("faasbatch_run_parts_active") == 0 for node in "abc"), "parts are left")

    def test_a_home_that_comes_back_alone(self):
        agents, runs = self.held("t", {"s": "a", "t": "b", "u": "a"})
        agents.kill("a")
        agents.kill("b")
        agents["a"].start()
        self.assertEqual(self.expect_all(agents, runs, "t"), [["b", "a"]] * self.RUNS)


if __name__ == "__main__":
    harness.main()
