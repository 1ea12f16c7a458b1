#!/usr/bin/env python3
"""Manifests that are wrong or hostile, expressions that fail, and workflows that change or go while runs use them."""
import json
import os
import pathlib
import time
import unittest

import harness
from harness import ECHO, SLEEP, Agent, python, until, workflow

YAML = "application/yaml"


def answering(version):
    """A function that waits for the seconds in its input and says which revision it is of."""
    return python("f", f"import time\ndef handler(event):\n    time.sleep((event or {{}}).get('sleep', 0))\n    return {version!r}\n")


class Manifests(harness.Case):
    def refused(self, text, name="bad", kind=YAML):
        return self.problem(self.agent.put(text, name, kind), 422, "InvalidWorkflow")

    def test_what_is_no_manifest(self):
        for text in ("", " ", "a: [1", "- 1", "null", "42", "\0", "%YAML 9\n---\n", "a: b: c", "\t- x", "!!python/object:os.system [ls]", "a: !!binary x",
                     "kind: Pod\napiVersion: v1\nmetadata: {name: bad}", "--- {a: 1}\n--- {b: 2}\n"):
            with self.subTest(text=text):
                self.refused(text)
        self.refused("{\"a\": }", kind="application/json")
        self.refused(b"\xff\xfe\x00")
        self.problem(self.agent.put("x" * (2 << 20), "bad", YAML), 422, "InvalidWorkflow")
        self.problem(self.agent.put("a: 1", "bad", "image/png"), 415, "UnsupportedMediaType")

    def test_every_unknown_field_is_named(self):
        manifest = workflow("bad", [python("f", ECHO, retires=1)], [{"name": "s", "function": "f", "inputs": 1}], steppes=[])
        manifest["spek"] = {}
        said = json.dumps(self.refused(json.dumps(manifest))["errors"])
        for word in ("retires", "inputs", "steppes", "spek"):
            self.assertIn(word, said)

    def test_a_step_of_an_unknown_function_is_told_the_nearest(self):
        manifest = workflow("bad", [python("split", ECHO)], [{"name": "s", "function": "splt"}])
        self.assertIn("split", json.dumps(self.refused(json.dumps(manifest))["errors"]))

    def test_bombs_and_aliases(self):
        bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 9) + "]\n" for i in range(1, 14))
        began = time.monotonic()
        self.refused(bomb)
        self.refused("a: &x [*x]")
        self.refused("a: &x {b: *x}")
        self.refused("a: *nobody")
        self.refused("[" * 100_000)
        self.refused("a: " + "{a: " * 50_000)
        self.refused("- " * 100_000)
        self.refused("? " * 50_000)
        self.refused("&a " * 50_000)
        self.refused("<<: &m {<<: *m}")
        self.assertLess(time.monotonic() - began, 30)
        self.assertLess(self.agent.rss(), 300)

    def test_an_honest_alias_is_read(self):
        text = ("apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: alias}\nspec:\n  functions:\n  - name: f\n    runtime: Python\n"
                "    handler: fn.handler\n    source: {inline: \"def handler(event):\\n    return event\\n\"}\n"
                "  steps:\n  - {name: a, function: f, input: &in {x: 1}}\n  - {name: b, function: f, input: *in, after: [a]}\n")
        answer = self.agent.put(text, "alias", YAML)
        if answer.status != 422:  # aliases may be refused, but then with a word about them
            self.assertEqual(answer.status, 201, answer)
            self.assertEqual(self.agent.output("alias"), {"x": 1})
        else:
            self.assertIn("alias", answer.body.decode().lower())

    def test_bounds(self):
        f = python("f", ECHO)
        steps = [{"name": f"s{i}", "function": "f"} for i in range(2001)]
        self.refused(json.dumps(workflow("bad", [f], steps)))
        nested = [{"name": "leaf", "function": "f"}]
        for i in range(20):
            nested = [{"name": f"g{i}", "steps": nested}]
        self.refused(json.dumps(workflow("bad", [f], nested)))
        self.refused(json.dumps(workflow("bad", [python(f"f{i}", ECHO) for i in range(101)], [{"name": "s", "function": "f0"}])))
        self.refused(json.dumps(workflow("bad", [python("f", "#" * (1 << 20) + "\n" + ECHO)])))

    def test_expressions_that_do_not_parse_are_said_at_admission(self):
        for expression in ("input.", "1 +", "(", "'a", "nosuch", "steps.nobody.output", "input[", "f(1)", "a ? b", "1 = 1", "[1,", "{'a':", "b'\\xzz'", "has(1)",
                           "(" * 5000, "steps[input.x]"):
            with self.subTest(expression=expression[:20]):
                manifest = workflow("bad", [python("f", ECHO)], [{"name": "s", "function": "f", "input": "${" + expression + "}"}])
                problem = self.refused(json.dumps(manifest))
                self.assertIn("spec.steps[0].input", problem["errors"][0]["path"])

    def test_expressions_that_are_long_are_refused_or_run(self):
        for expression, value in (("!" * 5000 + "true", True), ("1" + "+1" * 20_000, 20_001), ("-" * 5001 + "1", -1), ("[" * 400 + "]" * 400, None)):
            with self.subTest(expression=expression[:20]):
                answer = self.agent.put(workflow("long", [python("f", ECHO)], [{"name": "s", "function": "f", "input": "${" + expression + "}"}]))
                if answer.status == 422:
                    continue
                answer = self.agent.invoke("long")
                if answer.status == 200:
                    self.assertIn(value, (None, answer.json()))
                else:
                    self.failure(answer, "ExpressionFailed")

    def test_expressions_that_fail_at_run_time(self):
        for number, expression in enumerate(("1 / input.zero", "input.nobody", "input.list[9]", "input.text + 1", "int('x')", "9223372036854775807 + input.one",
                                             "input.list.map(x, x.y)", "timestamp('soon')", "'a'.matches(input.pattern)")):
            with self.subTest(expression=expression):
                name = f"fails-{number}"
                self.agent.apply(name, [python("f", ECHO)], [{"name": "s", "function": "f", "input": "${" + expression + "}"}])
                event = {"zero": 0, "one": 1, "list": [1], "text": "t", "pattern": "("}
                error = self.failure(self.agent.invoke(name, event), "ExpressionFailed")
                self.assertTrue(error["message"], error)
                self.assertEqual(error["step"], "s")

    def test_an_expression_that_would_never_end_is_cut(self):
        power = "input" + ".map(x, input" * 5 + ")" * 5
        self.agent.apply("endless", [python("f", ECHO)], [{"name": "s", "function": "f", "input": "${" + power + ".size()}"}])
        began = time.monotonic()
        self.failure(self.agent.invoke("endless", list(range(1000))), "ExpressionFailed")
        self.assertLess(time.monotonic() - began, 30)
        double = "input"
        for _ in range(10):
            double = f"[{double}].map(x, x + x + x + x)[0]"
        self.agent.apply("grows", [python("f", ECHO)], [{"name": "s", "function": "f", "input": "${" + double + "}"}])
        self.failure(self.agent.invoke("grows", "x" * 1_000_000), "ExpressionFailed")
        self.assertLess(self.agent.rss(), 800)

    def test_where_expressions_stand_otherwise(self):
        f = python("f", ECHO)
        for name, step, event in (("when", {"function": "f", "when": "${input}"}, 1), ("items", {"function": "f", "foreach": {"items": "${input}"}}, {"a": 1}),
                                  ("until", {"function": "f", "repeat": {"until": "${output}", "limit": 3}}, 1), ("wait", {"wait": "${input}"}, "soon"),
                                  ("case", {"switch": [{"when": "${input}", "steps": [{"name": "x", "function": "f"}]}]}, 3)):
            with self.subTest(where=name):
                self.agent.apply("where-" + name, [f], [{"name": "s", **step}])
                self.failure(self.agent.invoke("where-" + name, event), "ExpressionFailed")
        self.agent.apply("where-output", [f], [{"name": "s", "function": "f"}], output="${steps.s.output.nobody}")
        self.failure(self.agent.invoke("where-output", {}), "ExpressionFailed")

    def test_a_sub_workflow_that_is_not_there_or_its_own_parent(self):
        self.agent.apply("parent", [python("f", ECHO)], [{"name": "s", "workflow": "nobody"}])
        self.assertGreaterEqual(self.agent.invoke("parent").status, 400)
        answer = self.agent.put(workflow("ouroboros", [python("f", ECHO)], [{"name": "s", "workflow": "ouroboros"}]))
        if answer.status != 422:
            self.assertGreaterEqual(self.agent.invoke("ouroboros", timeout=100).status, 400)
        self.agent.apply("hen", [python("f", ECHO)], [{"name": "s", "workflow": "egg"}])
        self.agent.apply("egg", [python("f", ECHO)], [{"name": "s", "workflow": "hen"}])
        self.assertGreaterEqual(self.agent.invoke("hen", timeout=100).status, 400)
        self.assertLess(self.agent.rss(), 500)


class Changes(harness.Case):
    def test_runs_under_way_keep_their_revision(self):
        steps = [{"name": "a", "function": "f"}, {"name": "b", "function": "f", "after": ["a"]}]
        output = ["${steps.a.output}", "${steps.b.output}"]
        self.agent.apply("moving", [answering("old")], steps, output=output)
        self.agent.output("moving", {})
        runs = [self.agent.accept("moving", {"sleep": 0.5}) for _ in range(10)]
        until(lambda: all(self.agent.record(run)["status"] == "Running" for run in runs), "the runs do not start")
        self.agent.apply("moving", [answering("new")], steps, output=output)
        self.assertEqual(self.agent.output("moving", {}), ["new", "new"])
        for run in runs:
            record = self.agent.ended(run)
            self.assertEqual((record["status"], record["output"]), ("Succeeded", ["old", "old"]), record)

    def test_deleting_a_workflow_leaves_its_runs(self):
        steps = [{"name": "a", "function": "f"}, {"name": "b", "function": "f", "after": ["a"]}]
        self.agent.apply("leaving", [python("f", SLEEP)], steps)
        self.agent.output("leaving", {})
        runs = [self.agent.accept("leaving", {"sleep": 0.5}) for _ in range(10)]
        until(lambda: all(self.agent.record(run)["status"] == "Running" for run in runs), "the runs do not start")
        self.assertEqual(self.agent.call("DELETE", "/v1/namespaces/default/workflows/leaving").status, 200)
        self.problem(self.agent.invoke("leaving", {}), 404, "WorkflowNotFound")
        for run in runs:
            record = self.agent.ended(run)
            self.assertEqual((record["status"], record["output"]), ("Succeeded", {"sleep": 0.5}), record)
        self.agent.apply("leaving", [python("f", ECHO)], steps)
        self.assertEqual(self.agent.output("leaving", 1), 1)

    def test_applied_and_deleted_again_and_again_under_load(self):
        def use(i):
            if i % 8 == 0:
                return self.agent.put(workflow("churn", [answering(i)])).status
            if i % 8 == 4:
                return self.agent.call("DELETE", "/v1/namespaces/default/workflows/churn").status
            return self.agent.invoke("churn", {"sleep": 0.01}).status

        statuses = harness.together(160, use, threads=16)
        self.assertLessEqual(set(statuses), {200, 201, 404}, statuses)
        self.assertIn(200, statuses)
        # Nothing of the old revisions stays: a pod of the last one at most, besides a generic one and those of other tests.
        self.agent.call("DELETE", "/v1/namespaces/default/workflows/churn")
        until(lambda: len(self.agent.pods()) <= 8, lambda: f"{len(self.agent.pods())} pods are left")

    def test_a_file_is_reloaded_and_a_broken_one_is_not(self):
        file = pathlib.Path(self.folder()) / "w.json"

        def write(text):
            fresh = file.with_suffix(".new")
            fresh.write_text(text)
            os.replace(fresh, file)

        write(json.dumps(workflow("watched", [answering(1)])))
        agent = self.new_agent("--workflow", file)
        self.assertEqual(agent.output("watched", {}), 1)
        file.write_text(json.dumps(workflow("watched", [answering(2)])))  # in place, as some editors do
        until(lambda: agent.output("watched", {}) == 2, "a change in place is not seen")
        write("{\"broken")
        until(lambda: "not valid" in agent.log(), "the log does not say that the file is broken")
        self.assertIn("w.json", agent.log())
        self.assertEqual(agent.output("watched", {}), 2)
        file.unlink()
        self.assertEqual(agent.output("watched", {}), 2)
        write(json.dumps(workflow("watched", [answering(3)])))
        until(lambda: agent.output("watched", {}) == 3, "a file that came back is not seen")
        self.assertEqual(agent.stop(), 0)

    def test_a_file_that_is_broken_or_missing_at_the_start(self):
        folder = pathlib.Path(self.folder())
        (folder / "broken.yaml").write_text("a: [")
        agent = self.new_agent("--workflow", folder / "broken.yaml")
        self.assertIn("broken.yaml", agent.log())
        self.assertEqual(agent.call("GET", "/readyz").status, 200)
        with self.assertRaisesRegex(AssertionError, "missing.yaml"):
            Agent("--workflow", folder / "missing.yaml")


if __name__ == "__main__":
    harness.main()
