#!/usr/bin/env python3
"""Agents that shut down with steps of others' runs: what has begun ends there, the rest goes elsewhere at once."""
import unittest

import fleet
import harness
from fleet import placed
from harness import python, until
from steps import STEP, chain, nodes_of


class AgentsThatDrain(unittest.TestCase):
    """An agent that is asked to end gives back the steps that it has not begun, at once, and ends those that it has."""
    RUNS = 12

    def fleet_of(self, *replicas, **gates):
        agents = fleet.Fleet("abc", {"w": placed(*replicas)}, data=True)
        self.addCleanup(agents.stop)
        one_by_one = python("f", STEP, mode="Exclusive", limit=1, pool={"maxPods": 1}, batching={"policy": "None", "maxSize": 1})
        agents.apply("w", [one_by_one], chain("s", "t", "u", **gates))
        return agents

    def accept_all(self, agents, gate):
        return {agents["a"].accept("w", {"value": i, "gate": str(gate(i))}): i for i in range(self.RUNS)}

    def expect(self, agents, run, value, **nodes):
        record = agents["a"].ended(run)
        self.assertEqual((record["status"], record["output"]), ("Succeeded", value), record)
        for step in record["steps"]:
            if step["name"] in nodes:
                self.assertEqual([(attempt["number"], attempt["node"]) for attempt in step["attempts"]], [(1, nodes[step["name"]])], record)

    def handed_back(self, agents, home="a"):
        return agents[home].metric("faasbatch_run_steps_handed_back_total")

    def test_queued_steps_go_elsewhere_and_begun_ones_end(self):
        agents = self.fleet_of({"s": "a", "t": "b", "u": "a"}, {"s": "a", "t": "c", "u": "a"}, t="${input.gate}")
        gate = lambda i: agents.folder / f"gate-{i}"
        runs = self.accept_all(agents, gate)
        begun = lambda: [run for run in runs if nodes_of(agents["a"].record(run)).get("t") == ["b"]]
        until(lambda: begun() and agents["b"].metric("faasbatch_queue_length") == self.RUNS - len(begun()), "b has not all calls")
        held = begun()
        agents["b"].process.terminate()
        until(lambda: self.handed_back(agents) == self.RUNS - len(held), "not all queued steps are handed back")
        for run, i in runs.items():
            if run not in held:
                gate(i).touch()
                self.expect(agents, run, i, t="c")
        self.assertIsNone(agents["b"].process.poll(), "b has not waited for the calls it has begun")
        for run in held:
            gate(runs[run]).touch()
            self.expect(agents, run, runs[run], t="b")
        self.assertEqual(agents["b"].process.wait(harness.PATIENCE), 0)
        self.assertEqual(agents["a"].metric("faasbatch_run_steps_moved_total"), 0)

    def test_steps_that_wait_for_others_go_elsewhere_before_the_agent_ends(self):
        agents = self.fleet_of({"s": "a", "t": "b", "u": "b"}, {"s": "a", "t": "c", "u": "c"}, s="${input.gate}")
        gate = agents.folder / "gate"
        runs = self.accept_all(agents, lambda i: gate)
        until(lambda: agents["b"].metric("faasbatch_run_parts_active") == self.RUNS, "b has not all parts")
        self.assertEqual(agents["b"].stop(), 0)
        self.assertEqual(self.handed_back(agents), 2 * self.RUNS)
        gate.touch()
        for run, i in runs.items():
            self.expect(agents, run, i, t="c", u="c")
        self.assertEqual(agents["a"].metric("faasbatch_run_steps_moved_total"), 0)

    def drained_while_held(self, step):
        """Node b drains while it holds this step of a run, whose value is 1."""
        agents = self.fleet_of({"s": "b", "t": "b", "u": "a"}, {"s": "c", "t": "c", "u": "a"}, **{step: "${input.gate}"})
        gate = agents.folder / "gate"
        run = agents["a"].accept("w", {"value": 1, "gate": str(gate)})
        until(lambda: nodes_of(agents["a"].record(run)).get(step) == ["b"], f"{step} does not begin")
        agents["b"].process.terminate()
        until(lambda: agents["b"].invoke("w", {}).status == 503, "b does not drain")
        return agents, gate, run

    def test_what_follows_on_a_call_under_way_goes_when_it_has_ended(self):
        agents, gate, run = self.drained_while_held("s")
        gate.touch()
        self.expect(agents, run, 1, s="b", t="c")
        self.assertEqual(self.handed_back(agents), 1)
        self.assertEqual(agents["b"].process.wait(harness.PATIENCE), 0)

    def test_an_agent_that_drains_is_given_nothing_more(self):
        agents, gate, held = self.drained_while_held("t")
        for value in (2, 3):  # the first one goes to b, which gives it back, and a knows
            self.expect(agents, agents["a"].accept("w", {"value": value, "gate": "/"}), value, s="c", t="c")
            self.assertEqual(self.handed_back(agents), 2)
        gate.touch()
        self.expect(agents, held, 1, s="b", t="b")
        self.assertEqual(agents["b"].process.wait(harness.PATIENCE), 0)


if __name__ == "__main__":
    harness.main()
