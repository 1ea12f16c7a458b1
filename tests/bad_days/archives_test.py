#!/usr/bin/env python3
"""Functions whose code comes as a zip over HTTP: from a good server, from bad ones, and with archives that nobody should unpack."""
import functools
import hashlib
import http.server
import io
import pathlib
import shutil
import stat
import threading
import time
import unittest
import zipfile

import harness
from harness import together, until

MAIN = ("import os\nfrom app import parts\ndef handler(event):\n    if event == 'exit':\n        os._exit(3)\n"
        "    return [parts.NAME, open(os.path.dirname(__file__) + '/data.txt').read(), event]\n")
TREE = {"app/main.py": MAIN, "app/parts.py": "NAME = 'parts'\n", "app/data.txt": "data"}


def make_zip(tree, links=()):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in tree.items():
            entry = zipfile.ZipInfo(path)  # without the time: what is the same has the same hash
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
        for path in links:
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
    return file.getvalue()


class Server:
    """Serves `files` by their path, and counts what it was asked for."""

    def __init__(self):
        self.files, self.asked, self.gate = {}, [], threading.Event()
        self.gate.set()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                server.gate.wait(harness.PATIENCE)
                body = server.files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def add(self, path, body):
        """The source of a function. The agent keeps what it has downloaded by its hash: a body that has been served before is not asked for."""
        self.files[path] = body
        return {"archive": {"url": self.url + path, "sha256": hashlib.sha256(body).hexdigest()}}


def function(source, handler="app.main.handler", mode="Threads", **more):
    return {"name": "f", "runtime": "Python", "handler": handler, "source": source, "concurrency": {"mode": mode, "limit": 16}, **more}


class Archives(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server()
        cls.addClassCleanup(cls.server.http.server_close)
        cls.addClassCleanup(cls.server.http.shutdown)

    def load_failure(self, name, source, **more):
        self.agent.apply(name, [function(source, **more)])
        began = time.monotonic()
        error = self.failure(self.agent.invoke(name, {}), "LoadFailed")
        self.assertLess(time.monotonic() - began, 20)
        return error["message"]

    def test_python_in_both_modes(self):
        for mode in ("Threads", "Processes"):
            with self.subTest(mode=mode):
                name = "python-" + mode.lower()
                self.agent.apply(name, [function(self.server.add(f"/{mode}.zip", make_zip(TREE)), mode=mode)])
                answers = together(8, functools.partial(self.agent.output, name))
                self.assertEqual(answers, [["parts", "data", i] for i in range(8)])
                self.failure(self.agent.invoke(name, "exit"), "WorkerCrashed")
                self.assertEqual(self.agent.output(name, "again"), ["parts", "data", "again"])

    def test_native(self):
        objects = list(harness.BUILD.glob("examples/libprimes.so"))
        if not objects:
            self.skipTest("the example native function is not built")
        source = self.server.add("/native.zip", make_zip({"lib/primes.so": objects[0].read_bytes()}))
        self.agent.apply("native", [{"name": "f", "runtime": "Native", "handler": "lib.primes.count_primes", "source": source}])
        self.assertEqual(self.agent.output("native", {"from": 0, "to": 100}), 25)

    def test_is_downloaded_once_for_many_pods(self):
        source = self.server.add("/once.zip", make_zip({"fn.py": "import time\ndef handler(event):\n    time.sleep(0.5)\n    return event\n"}))
        functions = [{**function(source, "fn.handler", pool={"maxPods": 4}), "name": f"f{i}", "concurrency": {"limit": 2}} for i in range(3)]
        self.agent.apply("once", functions, [{"name": f"s{i}", "function": f"f{i}"} for i in range(3)])
        self.assertEqual(together(6, functools.partial(self.agent.output, "once")), list(range(6)))
        self.assertEqual(self.server.asked.count("/once.zip"), 1)

    def test_what_is_wrong_is_said_at_once(self):
        good = self.server.add("/good.zip", make_zip({**TREE, "app/data.txt": "of this test alone"}))
        wrong = {"archive": {**good["archive"], "sha256": "a" * 64}}
        failure = self.load_failure("wrong-hash", wrong)
        self.assertIn("does not have the SHA-256 aaaa", failure)
        self.assertNotIn(good["archive"]["sha256"], failure)
        lost = {"archive": {**good["archive"], "url": self.server.url + "/nowhere.zip?token=secret"}}
        said = self.load_failure("not-found", lost)
        self.assertIn("/nowhere.zip cannot be downloaded: it was answered with status 404", said)
        self.assertNotIn("secret", said + self.agent.log())
        nobody = {"archive": {**good["archive"], "url": f"http://user:secret@127.0.0.1:{harness.free_port()}/x.zip"}}
        said = self.load_failure("unreachable", nobody)
        self.assertIn("/x.zip cannot be downloaded", said)
        self.assertNotIn("secret", said + self.agent.log())
        for name, body, expected in (("no-zip", b"<html>Sign in</html>", "is no zip"), ("empty", make_zip({}), "the archive is empty"), ("cut", make_zip(TREE)[:-30], "is no zip"),
                                     ("bomb", make_zip({"a": b"\0" * (200 << 20), "b": b"\0" * (60 << 20)}), "unpacks to more than 268435456 bytes"),
                                     ("many", make_zip({f"{i}.py": "" for i in range(10_001)}), "has 10001 entries, 10000 are allowed"),
                                     ("up", make_zip({"../../escaped.py": "1"}), "leads out of its directory"), ("absolute", make_zip({"/tmp/escaped.py": "1"}), "is absolute"),
                                     ("link", make_zip(TREE, ["app/link"]), "symbolic link"), ("no-module", make_zip({"other.py": "1"}), "No module named 'app'"),
                                     ("syntax", make_zip({**TREE, "app/parts.py": "def"}), "SyntaxError")):
            with self.subTest(fault=name):
                self.assertIn(expected, self.load_failure("bad-" + name, self.server.add(f"/{name}.zip", body)))
        self.assertFalse(pathlib.Path("/tmp/escaped.py").exists())

    def test_a_source_that_is_mended_runs(self):
        good = make_zip({**TREE, "app/data.txt": "mended"})
        source = self.server.add("/mended.zip", good)
        del self.server.files["/mended.zip"]
        self.assertIn("404", self.load_failure("mended", source))
        self.server.add("/mended.zip", good)
        answer = until(lambda: (lambda a: a if a.status == 200 else None)(self.agent.invoke("mended", 1)), "it is not tried again", 20)
        self.assertEqual(answer.json(), ["parts", "mended", 1])

    def test_a_workflow_deleted_while_its_code_is_on_its_way(self):
        source = self.server.add("/late.zip", make_zip({**TREE, "app/data.txt": "asked for by no other test"}))
        self.server.gate.clear()
        try:
            self.agent.apply("late", [function(source, pool={"minWarm": 1})])
            until(lambda: "/late.zip" in self.server.asked, "it is not asked for")
            self.assertLess(self.agent.call("DELETE", "/v1/namespaces/default/workflows/late").status, 300)
        finally:
            self.server.gate.set()

    def test_files_go_with_the_pod_also_when_it_is_killed(self):
        agent = self.new_agent()
        agent.apply("files", [function(self.server.add("/files.zip", make_zip({"fn.py": "def handler(event):\n    return __file__\n"})), "fn.handler")])
        first = pathlib.Path(agent.output("files"))
        self.assertTrue(first.exists())
        self.assertEqual(stat.S_IMODE(first.parent.stat().st_mode), 0o700)
        for pod in agent.pods():
            harness.os.kill(pod, 9)
        until(lambda: not first.parent.exists(), "the files of the killed pod stay")
        second = pathlib.Path(agent.output("files"))
        self.assertNotEqual(second, first)
        self.assertEqual(agent.stop(), 0)
        self.assertFalse(second.parent.exists())

    def test_what_was_downloaded_outlives_an_agent_with_a_data_directory(self):
        data = self.folder()
        agent = self.new_agent("--data", data)
        agent.apply("kept", [function(self.server.add("/kept.zip", make_zip(TREE)))])
        self.assertEqual(agent.output("kept", 1), ["parts", "data", 1])
        self.assertEqual(agent.stop(), 0)
        del self.server.files["/kept.zip"]
        agent.start()
        self.assertEqual(agent.output("kept", 2), ["parts", "data", 2])
        self.assertEqual(agent.stop(), 0)
        shutil.rmtree(data + "/archives")
        agent.start()
        self.assertIn("404", self.failure(agent.invoke("kept", 3), "LoadFailed")["message"])
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
