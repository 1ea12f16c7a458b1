"""Loading: every way in which it can fail is an answer, and what a handler may look like."""

import json
import os
import tempfile
import unittest

from supervisor import CALL, LOADED, Worker


class LoadFailures(unittest.TestCase):
    def fails(self, text: "str | None", **spec: object) -> dict:
        with Worker() as worker:
            head = worker.load(text, **spec).head
            self.assertEqual(list(head), ["error"])
            self.assertEqual(set(head["error"]), {"type", "message", "traceback"})
            self.assertEqual(worker.end(), 0)
            return head["error"]

    def test_syntax_error_names_the_line(self) -> None:
        error = self.fails("x = 1\ndef handler(event:\n    return 1\n")
        self.assertEqual(error["type"], "SyntaxError")
        self.assertIn('File "fn.py", line 2', error["traceback"])
        self.assertIn("def handler(event:", error["traceback"])

    def test_missing_import_shows_the_users_line_only(self) -> None:
        error = self.fails("import no_such_module_here\ndef handler(event):\n    return 1\n")
        self.assertEqual(error["type"], "ModuleNotFoundError")
        self.assertIn("import no_such_module_here", error["traceback"])
        self.assertNotIn("faasbatch_worker", error["traceback"])
        self.assertNotIn("importlib", error["traceback"])

    def test_missing_handler_has_a_hint(self) -> None:
        error = self.fails("def handle(event):\n    return 1\n")
        self.assertEqual(error["type"], "LoadFailed")
        self.assertIn("did you mean 'handle'", error["message"])

    def test_handler_that_cannot_be_called(self) -> None:
        self.assertIn("cannot be called", self.fails("handler = 5\n")["message"])

    def test_handler_without_a_module(self) -> None:
        self.assertIn("MODULE.NAME", self.fails("def handler(): pass\n", handler="handler")["message"])

    def test_exit_at_import(self) -> None:
        error = self.fails("import sys\nsys.exit(3)\n")
        self.assertEqual(error["type"], "SystemExit")
        self.assertIn("sys.exit(3)", error["message"])

    def test_base_exception_at_import(self) -> None:
        error = self.fails("class Odd(BaseException):\n    def __str__(self):\n        raise KeyboardInterrupt\nraise Odd\n")
        self.assertEqual(error["type"], "Odd")
        self.assertIn("KeyboardInterrupt", error["message"])

    def test_missing_path(self) -> None:
        self.assertIn("does not exist", self.fails(None, source={"path": "/no/such/folder"})["message"])

    def test_no_source(self) -> None:
        self.assertIn("inline", self.fails(None, source={})["message"])

    def test_body_that_is_no_json(self) -> None:
        with Worker() as worker:
            worker.send(2, 0, None, b"{")
            self.assertEqual(worker.wait(LOADED).head["error"]["type"], "JSONDecodeError")

    def test_a_huge_message_fits_a_frame(self) -> None:
        error = self.fails("raise ValueError('\\x01' * 1000000)\n")
        self.assertLessEqual(len(error["message"].encode()), 16384)

    def test_call_before_load_ends_the_worker(self) -> None:
        with Worker() as worker:
            worker.send(CALL, 1, {}, b"1")
            self.assertEqual(worker.process.wait(60), 70)

    def test_garbage_ends_the_worker(self) -> None:
        for packet in (b"x", b"\x02\x00\xff\x00" + bytes(8), b"\x02\x01\x00\x00" + bytes(8)):
            with Worker() as worker:
                worker.sock.send(packet)
                self.assertEqual(worker.process.wait(60), 70, packet)


class Loading(unittest.TestCase):
    def value(self, text: "str | None", event: object = None, **spec: object) -> object:
        with Worker() as worker:
            head = worker.load(text, **spec).head
            self.assertNotIn("error", head, head)
            self.assertGreaterEqual(head["loadUs"], 0)
            frame = worker.run(event)
            self.assertNotIn("error", frame.head, frame.head)
            return frame.value()

    def test_arities(self) -> None:
        self.assertEqual(self.value("def handler(event, context):\n    return [event, context.step]\n", 1), [1, "step"])
        self.assertEqual(self.value("def handler(event):\n    return event\n", 2), 2)
        self.assertEqual(self.value("def handler():\n    return 3\n"), 3)
        self.assertEqual(self.value("def handler(*args):\n    return len(args)\n"), 2)
        self.assertEqual(self.value("def handler(event, context=None):\n    return context is not None\n"), True)

    def test_callables(self) -> None:
        self.assertEqual(self.value("class H:\n    def __call__(self, event):\n        return event\nhandler = H()\n", 4), 4)
        self.assertEqual(self.value("class handler:\n    n = 0\n    def __call__(self, event):\n        self.n += 1\n"
                                    "        return self.n\n"), 1)
        self.assertEqual(self.value("import functools\ndef f(a, event):\n    return [a, event]\n"
                                    "handler = functools.partial(f, 7)\n", 5), [7, 5])
        self.assertEqual(self.value("class H:\n    def go(self, event):\n        return event\nhandler = H().go\n", 6), 6)
        self.assertEqual(self.value("handler = lambda event: event + 1\n", 6), 7)

    def test_decorated(self) -> None:
        self.assertEqual(self.value(
            "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def inner(*a, **k):\n        return f(*a, **k)\n"
            "    return inner\n@deco\ndef handler(event):\n    return event\n", 8), 8)

    def test_partial_by_keyword(self) -> None:
        self.assertEqual(self.value("import functools\ndef f(event, scale):\n    return event * scale\n"
                                    "handler = functools.partial(f, scale=3)\n", 5), 15)

    def test_environment(self) -> None:
        self.assertEqual(self.value("import os\nX = os.environ['X']\ndef handler():\n    return X\n", env={"X": "y"}), "y")

    def test_system_packages_are_there(self) -> None:
        self.assertIs(self.value("import sys\ndef handler():\n    return any('dist-packages' in p or 'site-packages' in p"
                                 " for p in sys.path)\n"), True)

    def test_virtual_environment(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            base = os.path.realpath("/usr/bin/python3")
            os.mkdir(folder + "/bin")
            os.symlink(base, folder + "/bin/python")
            with open(folder + "/pyvenv.cfg", "w") as file:
                file.write("home = /usr/bin\ninclude-system-site-packages = false\n")
            packages = folder + "/lib/%s/site-packages" % os.path.basename(base)
            os.makedirs(packages)
            with open(packages + "/only_here.py", "w") as file:
                file.write("VALUE = 11\n")
            with Worker(python=folder + "/bin/python") as worker:
                self.assertNotIn("error", worker.load("import only_here\ndef handler():\n    return only_here.VALUE\n").head)
                self.assertEqual(worker.run().value(), 11)

    def test_path_to_a_folder_a_file_and_a_package(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/mod.py", "w") as file:
                file.write("import helper\ndef handler(event):\n    return helper.twice(event)\n")
            with open(folder + "/helper.py", "w") as file:
                file.write("def twice(x):\n    return 2 * x\n")
            os.mkdir(folder + "/pkg")
            with open(folder + "/pkg/__init__.py", "w"):
                pass
            with open(folder + "/pkg/inner.py", "w") as file:
                file.write("def go(event):\n    return -event\n")
            self.assertEqual(self.value(None, 4, source={"path": folder}, handler="mod.handler"), 8)
            self.assertEqual(self.value(None, 4, source={"path": folder + "/mod.py"}, handler="mod.handler"), 8)
            self.assertEqual(self.value(None, 4, source={"path": folder + "/mod.py"}, handler="other.handler"), 8)
            self.assertEqual(self.value(None, 4, source={"path": folder}, handler="pkg.inner.go"), -4)

    def test_inline_module_named_like_a_standard_one(self) -> None:
        self.assertEqual(self.value("import json as real\ndef handler(event):\n    return real.dumps(event)\n", [1],
                                    handler="json.handler"), "[1]")

    def test_dataclasses_in_inline_source(self) -> None:
        self.assertEqual(self.value("from __future__ import annotations\nimport dataclasses, pickle\n@dataclasses.dataclass\n"
                                    "class P:\n    x: int\ndef handler(event):\n    return pickle.loads(pickle.dumps(P(event))).x\n",
                                    3), 3)

    def test_large_source_comes_as_payload(self) -> None:
        self.assertEqual(self.value("# " + "x" * 900000 + "\ndef handler(event):\n    return event\n", 3), 3)

    def test_import_output_has_call_zero(self) -> None:
        with Worker() as worker:
            worker.load("import sys\nprint('at import')\nprint('no newline', end='', file=sys.stderr)\ndef handler(): pass\n")
            self.assertEqual(worker.log(0), "at import\n")
            self.assertEqual(worker.log(0, "stderr"), "no newline")

    def test_module_that_forks_at_import_answers_once(self) -> None:
        with Worker() as worker:
            worker.load("import os\nos.fork()\ndef handler():\n    return 1\n")
            self.assertEqual(worker.run().value(), 1)
            self.assertEqual(json.dumps([f.kind for f in worker.others]), "[]")


if __name__ == "__main__":
    unittest.main()
