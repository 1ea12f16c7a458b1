"""Tests of the chart: helm lint, golden files, kubeconform, kube-score, and values that its schema must refuse.

The programs are those that e2e/cluster/programs builds, in $CLUSTER_DIR/bin; where they are missing the tests say so and are
skipped. `helm/chart_test.py --update` writes the golden files anew."""

import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import schemas

HERE = pathlib.Path(__file__).resolve().parent
CHART = HERE / "faasbatch"
GOLDEN = HERE / "golden"
BIN = pathlib.Path(os.environ.get("CLUSTER_DIR", "/var/tmp/faasbatch-cluster")) / "bin"
CASES = sorted(path.name.removesuffix(".values.yaml") for path in GOLDEN.glob("*.values.yaml"))
KUBERNETES = "1.34.0"
# Kinds of others, and what is checked against a real API server elsewhere.
NOT_IN_KUBERNETES = "ServiceMonitor,CustomResourceDefinition"


def program(name):
    return str(BIN / name) if (BIN / name).exists() else shutil.which(name)


def helm(*arguments):
    return subprocess.run([program("helm"), *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def template(*arguments):
    return helm("template", "release", str(CHART), "--namespace", "faasbatch-system", "--kube-version", KUBERNETES, *arguments)


def rendered(case):
    result = template("--values", str(GOLDEN / f"{case}.values.yaml"))
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    # Documents of the CRD are compared by their own tests, passwords are new each time.
    documents = result.stdout.split("\n---\n")
    text = "\n---\n".join(document for document in documents if "kind: CustomResourceDefinition" not in document)
    return re.sub(r"(password: \"|http://faasbatch:)[A-Za-z0-9]{48}", r"\1RANDOM", text).rstrip() + "\n"


def through(name, text, *arguments):
    return subprocess.run([program(name), *arguments], input=text, capture_output=True, text=True, check=False)


class Chart(unittest.TestCase):
    def setUp(self):
        if not program("helm"):
            self.skipTest("there is no helm: e2e/cluster/programs builds it")

    def need(self, name):
        if not program(name):
            self.skipTest(f"there is no {name}: e2e/cluster/programs builds it")

    def test_lint(self):
        result = helm("lint", str(CHART), "--strict", "--kube-version", KUBERNETES)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_is_rendered_as_before(self):
        for case in CASES:
            with self.subTest(case):
                before = (GOLDEN / f"{case}.yaml").read_text().splitlines()
                difference = list(difflib.unified_diff(before, rendered(case).splitlines(), "golden", "now", lineterm=""))
                self.assertFalse(difference, "\n".join(difference[:40]) + "\nif that is meant: helm/chart_test.py --update")

    def test_objects_are_valid(self):
        self.need("kubeconform")
        with tempfile.TemporaryDirectory() as folder:
            if not schemas.write(pathlib.Path(folder)):
                self.skipTest("the module k8s.io/kubernetes is not there: e2e/cluster/programs fetches it")
            location = folder + "/{{ .ResourceKind }}{{ .KindSuffix }}.json"
            for case in CASES:
                with self.subTest(case):
                    arguments = ["-strict", "-summary", "-skip", NOT_IN_KUBERNETES, "-schema-location", location]
                    result = through("kubeconform", rendered(case), *arguments)
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                    self.assertIn("Invalid: 0, Errors: 0", result.stdout)
            bad = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containerz: []}\n"
            self.assertNotEqual(through("kubeconform", bad, "-strict", "-schema-location", location).returncode, 0)

    def test_kube_score_finds_nothing(self):
        self.need("kube-score")
        for case in ("defaults", "everything"):
            with self.subTest(case):
                result = through("kube-score", rendered(case), "score", "--output-format", "ci", "-")
                found = [line for line in result.stdout.splitlines() if line.startswith(("[CRITICAL]", "[WARNING]"))]
                self.assertEqual(found, [])

    def test_a_mistyped_value_is_refused_by_name(self):
        for setting, named in (("image.pulPolicy=Always", "pulPolicy"), ("agent.maxPods=0", "/agent/maxPods"),
                               ("peers.secret=short", "/peers/secret"), ("webhook.timeoutSeconds=31", "/webhook/timeoutSeconds"),
                               ("agent.persistence.mode=Disk", "/agent/persistence/mode"),
                               ("functions.resources.limits.memory=1XB", "/functions/resources/limits/memory")):
            with self.subTest(setting):
                result = template("--set", setting)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(named, result.stderr)

    def test_every_value_is_in_the_schema(self):
        """What values.yaml says by default passes the schema, which knows no other keys."""
        self.assertEqual(template().returncode, 0, template().stderr)

    def test_an_old_kubernetes_is_refused(self):
        result = helm("template", str(CHART), "--kube-version", "1.28.0")
        self.assertIn("requires kubeVersion", result.stderr)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        for one in CASES:
            (GOLDEN / f"{one}.yaml").write_text(rendered(one))
    else:
        unittest.main(verbosity=2)
