#!/usr/bin/env python3
"""Every verb of the command line against a running agent: what it prints, where, and its exit code.

    cli/cli_test.py BUILD_DIR
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

BIN = pathlib.Path(sys.argv.pop(1)).resolve() / "bin"

GOOD = """
apiVersion: faasbatch.io/v1alpha1
kind: FunctionWorkflow
metadata: {name: %s}
spec:
  functions:
  - name: f
    runtime: Python
    handler: fn.handler
    source:
      inline: |
        def handler(event, context):
            print("saw", event)
            if event == "bad":
                raise ValueError("bad input")
            return %s
  steps:
  - {name: one, function: f}
  - {name: two, function: f, input: "${steps.one.output}", when: "${input != 'skip'}"}
"""
WAITS = """
apiVersion: faasbatch.io/v1alpha1
kind: FunctionWorkflow
metadata: {name: waits}
spec:
  steps: [{name: w, wait: 60s}]
"""


def run(*words, stdin=None, server=None):
    environment = {**os.environ, **({"FAASBATCH_SERVER": server} if server else {})}
    return subprocess.run([BIN / "faasbatch", *words], input=stdin, capture_output=True, text=True, timeout=60,
                          env=environment, check=False)


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.file = pathlib.Path(cls.folder.name) / "good.yaml"
        cls.file.write_text(GOOD % ("good", "event"))
        cls.agent = subprocess.Popen([BIN / "faasbatch", "dev", "--listen", "127.0.0.1:0", "--workflow", cls.file],
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        cls.server = re.search(r"http://\S+", cls.agent.stdout.readline()).group()

    @classmethod
    def tearDownClass(cls):
        cls.agent.terminate()
        cls.agent.wait(30)
        cls.agent.stdout.close()
        cls.folder.cleanup()

    def ok(self, *words, stdin=None):
        done = run(*words, stdin=stdin, server=self.server)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def fails(self, code, *words, stdin=None):
        """One line on standard error, and the exit code; never a page of help."""
        done = run(*words, stdin=stdin, server=self.server)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        return done.stderr

    def newest(self):
        return json.loads(self.ok("get", "invocations", "--limit", "1", "-o", "json"))["items"][0]["id"]

    def test_dev_becomes_the_agent(self):
        self.assertEqual(os.readlink(f"/proc/{self.agent.pid}/exe"), str(BIN / "faasbatch-agent"))

    def test_dev_applies_a_changed_file(self):
        self.file.write_text(GOOD % ("good", "'new'"))
        end = time.monotonic() + 20
        while json.loads(self.ok("invoke", "good", "-d", "1")) != "new":
            self.assertLess(time.monotonic(), end, "the change was not seen")
        self.file.write_text(GOOD % ("good", "event"))
        while json.loads(self.ok("invoke", "good", "-d", "1")) != 1:
            self.assertLess(time.monotonic(), end, "the change back was not seen")

    def apply_exact(self):
        """A workflow whose output is its input, which no function has read."""
        file = pathlib.Path(self.folder.name) / "exact.yaml"
        file.write_text(WAITS.replace("waits", "exact").replace("60s", "1ms").replace("steps:", 'output: "${input}"\n  steps:'))
        self.ok("apply", str(file))

    def test_invoke(self):
        self.assertEqual(json.loads(self.ok("invoke", "good", "-d", '{"a": "ä"}')), {"a": "ä"})
        self.assertEqual(json.loads(self.ok("invoke", "good", "-d", "-", stdin="[1]")), [1])
        self.assertEqual(json.loads(self.ok("invoke", "good/f", "-d", '"x"')), "x")
        identifier = self.ok("invoke", "good", "-d", "7", "--async").strip()
        self.assertRegex(identifier, r"^[0-9a-f-]{36}$")
        self.assertEqual(json.loads(self.ok("invoke", "good", "-d", "7", "--async", "--wait")), 7)
        exact = '{"z":1.0,"a":123456789012345678901234567890,"e":[1.50]}'
        self.apply_exact()
        for words in ((), ("--async", "--wait")):
            self.assertEqual(self.ok("invoke", "exact", "-d", exact, *words), exact + "\n")
        self.assertIn('"a": 123456789012345678901234567890', self.ok("get", "invocation", self.newest(), "-o", "json"))
        self.assertIn('a: 123456789012345678901234567890', self.ok("get", "invocation", self.newest(), "-o", "yaml"))
        self.assertIn("ValueError: bad input", self.fails(1, "invoke", "good", "-d", '"bad"'))
        self.assertIn("WorkflowNotFound", self.fails(1, "invoke", "nosuch"))
        self.assertIn("InvalidJson", self.fails(1, "invoke", "good", "-d", "{"))

    def test_records_of_an_invocation(self):
        self.ok("invoke", "good", "-d", '"skip"')
        identifier = self.newest()
        self.assertIn('one saw skip\n', self.ok("logs", identifier))
        timeline = self.ok("timeline", identifier)
        self.assertIn("Succeeded", timeline)
        self.assertRegex(timeline, r"(?m)^one .*#")
        self.assertNotIn("\033", timeline, "colour although this is no terminal")
        graph = self.ok("graph", identifier)
        self.assertRegex(graph, r"class n\d+ Skipped")
        self.assertTrue(self.ok("graph", "good").startswith("flowchart TD\n"))
        self.assertEqual(json.loads(self.ok("get", "invocation", identifier, "-o", "json"))["id"], identifier)
        self.assertIn(f"id: {identifier}", self.ok("get", "invocation", identifier, "-o", "yaml").replace('"', "").replace("'", ""))
        self.assertIn(identifier, self.ok("get", "invocations", "--workflow", "good"))
        self.assertEqual(self.ok("timeline", f"invocation/{identifier}"), timeline)
        self.assertIn("had ended", self.ok("cancel", identifier))
        self.fails(1, "logs", "nosuch")
        self.fails(1, "graph", "nosuch")

    def test_workflows_as_resources(self):
        other = pathlib.Path(self.folder.name) / "other.yaml"
        other.write_text(GOOD % ("other", "1") + "---" + WAITS)
        self.assertEqual(self.ok("apply", str(other)).splitlines(),
                         ["functionworkflow.faasbatch.io/other created", "functionworkflow.faasbatch.io/waits created"])
        self.assertRegex(self.ok("apply", "-f", str(other)), "other configured")
        self.assertRegex(self.ok("get", "workflows"), r"NAME +STEPS +FUNCTIONS\n(?s:.*)other +2 +1\n")
        self.assertEqual(json.loads(self.ok("get", "workflow", "other", "-o", "json"))["metadata"]["name"], "other")
        self.assertRegex(self.ok("get", "workflows", "-o", "wide", "--no-headers"), r"(?m)^other +2 +1 +Python +15m$")
        self.assertIn("functionworkflow.faasbatch.io/other\n", self.ok("get", "workflows", "-o", "name"))
        self.ok("apply", "-n", "elsewhere", str(other))
        for _ in range(2):
            self.ok("invoke", "other", "-d", "1")
        self.assertIn("--limit N shows more", run("get", "invocations", "--limit", "1", server=self.server).stderr)
        everywhere = self.ok("get", "workflows", "-A")
        self.assertRegex(everywhere, r"^NAMESPACE +NAME +STEPS")
        self.assertRegex(everywhere, r"(?m)^elsewhere +other ")
        self.assertRegex(everywhere, r"(?m)^default +other ")
        self.ok("invoke", "-n", "elsewhere", "other", "-d", "1")
        self.assertRegex(self.ok("get", "invocations", "-A", "-o", "wide"), r"(?m)^elsewhere +\S+ +other +Succeeded ")
        self.assertRegex(self.ok("get", "invocations", "-n", "elsewhere", "-o", "name"), r"^invocation/[0-9a-f-]{36}\n$")
        nothing = run("get", "workflows", "-n", "empty", server=self.server)
        self.assertEqual((nothing.returncode, nothing.stdout, nothing.stderr), (0, "", "No resources found in empty namespace.\n"))
        identifier = self.ok("invoke", "waits", "--async").strip()
        self.assertIn("being cancelled", self.ok("cancel", identifier))
        record = json.loads(self.ok("get", "invocation", identifier, "-o", "json"))
        self.assertEqual(record["status"], "Cancelled")
        self.ok("delete", "workflow", "other")
        self.fails(1, "get", "workflow", "other")

    def test_manifests_go_to_their_own_namespace_unless_told_otherwise(self):
        file = pathlib.Path(self.folder.name) / "team.yaml"
        file.write_text((GOOD % ("ours", "event")).replace("name: ours", "name: ours, namespace: team"))
        self.assertEqual(self.ok("validate", str(file)), "")
        self.ok("apply", str(file))
        self.assertEqual(self.ok("invoke", "-n", "team", "ours", "-d", "1"), "1\n")
        self.fails(1, "get", "workflow", "ours")
        self.ok("apply", "-n", "team", str(file))
        self.assertIn("metadata.namespace", self.fails(1, "apply", "-n", "other", str(file)))
        self.assertIn("metadata.namespace", run("validate", "-n", "other", str(file)).stdout)

    def test_apply_prints_warnings(self):
        file = pathlib.Path(self.folder.name) / "unused.yaml"
        file.write_text((WAITS.replace("waits", "unused").replace(
            "spec:", "spec:\n  functions: [{name: f, handler: m.f, source: {inline: 'def f(e): pass'}}]")))
        done = run("apply", str(file), server=self.server)
        self.assertEqual((done.returncode, done.stdout), (0, "functionworkflow.faasbatch.io/unused created\n"))
        self.assertIn(f"{file}: warning: spec.functions[0]: no step uses", done.stderr)

    def test_validate_and_convert_need_no_server(self):
        bad = pathlib.Path(self.folder.name) / "bad.yaml"
        bad.write_text((GOOD % ("bad", "1")).replace("function: f,", "function: g,"))
        done = run("validate", str(bad))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, rf"(?m)^{re.escape(str(bad))}: spec\.steps\[1\]\.function: .*\"g\"")
        self.assertEqual(run("validate", str(self.file)).returncode, 0)
        flow = pathlib.Path(self.folder.name) / "flow.yaml"
        flow.write_text("functions:\n- {name: a, source: a, runtime: 0.1, output: {x: {type: normal, size: 8}}}\n")
        for form in ("json", "yaml"):
            converted = run("convert", "--from", "faasflow-flat", str(flow), "-o", form)
            self.assertEqual(converted.returncode, 0, converted.stderr)
            file = pathlib.Path(self.folder.name) / f"converted.{form}"
            file.write_text(converted.stdout)
            self.assertEqual(run("validate", str(file)).returncode, 0)

    def test_eval(self):
        self.assertEqual(self.ok("eval", "1 + 2"), "3\n")
        self.assertEqual(self.ok("eval", "input.map(x, x * 2)", "--input", "-", stdin="[1, 2]"), "[2,4]\n")
        self.assertRegex(self.fails(1, "eval", "1 +"), r"1:\d+")
        lines = self.ok("eval", "--lines", stdin='{"expr": "input.a", "input": {"a": "x"}}\n{"expr": "1/0"}\nnonsense\n').splitlines()
        self.assertEqual(json.loads(lines[0]), {"value": "x"})
        self.assertIn("divi", json.loads(lines[1])["error"])
        self.assertIn("error", json.loads(lines[2]))

    def test_usage(self):
        self.assertIn("--help", self.fails(2, "nosuch"))
        self.assertIn("there is no manifest", self.fails(1, "apply", "-", stdin=""))
        self.assertIn("there is no manifest", run("validate", "-", stdin="").stdout)
        self.assertIn("--help", self.fails(2, "invoke"))
        self.assertIn("HOST:PORT", self.fails(2, "dev", "--listen", "nonsense"))
        self.assertIn("redis://", self.fails(2, "dev", "--listen", "127.0.0.1:0", "--redis", "nonsense"))
        self.assertIn("Succeeded", self.fails(2, "get", "invocations", "--status", "succeeded"))
        self.assertIn("Usage", self.ok("invoke", "--help"))
        self.assertIn("start `faasbatch dev`", run("get", "workflows", "--server", "http://127.0.0.1:1").stderr)
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("__complete", self.ok("completion", shell))
        self.assertEqual(subprocess.run(["bash", "-n"], input=self.ok("completion", "bash"), text=True, check=False).returncode, 0)

    def test_completes(self):
        self.assertEqual(self.ok("__complete", "time"), "timeline\n:4\n")
        self.assertEqual(self.ok("__complete", "-n", "default", "invoke", "go"), "good\n:4\n")
        self.assertEqual(self.ok("__complete", "apply", ""), ":0\n")
        self.assertEqual(run("__complete", "invoke", "--server", "http://127.0.0.1:1", "").stdout, ":4\n")
        # As bash asks.
        script = f"""source <('{BIN}/faasbatch' completion bash); COMP_WORDS=('{BIN}/faasbatch' get work); COMP_CWORD=2
            _faasbatch '{BIN}/faasbatch'; echo "${{COMPREPLY[@]}}" """
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "workflow workflows\n", done.stderr)
        # As kubectl asks, which finds the script beside its plugins.
        path = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "KUBECONFIG": "/nonexistent"}
        done = subprocess.run([BIN / "kubectl_complete-faasbatch", "chec"], capture_output=True, text=True, env=path, check=False)
        self.assertEqual(done.stdout, "check\n:4\n")

    def test_is_the_plugin_of_kubectl_too(self):
        done = subprocess.run([BIN / "kubectl-faasbatch", "eval", "1"], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "1\n")


if __name__ == "__main__":
    unittest.main()
