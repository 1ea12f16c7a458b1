"""`context.store` against a small store that speaks the stream protocol, and `context.binding`."""

import json
import os
import socket
import struct
import tempfile
import threading
import unittest

from supervisor import Worker


class TinyStore:
    """Serves the stream protocol from a dict; `fault` makes the next request go wrong."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name + "/s"
        self.values: dict[str, tuple[str, bytes]] = {}
        self.ttls: list = []
        self.connections = 0
        self.fault = ""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.folder.cleanup()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file:
            while len(size := file.read(4)) == 4:
                body = file.read(struct.unpack("<I", size)[0])
                fault, self.fault = self.fault, ""
                if fault == "close":
                    return
                head, _, value = body.partition(b"\n")
                answer, data = self._do(json.loads(head), value)
                if fault in ("refuse", "InvalidKey", "ValueTooLarge", "of another version"):
                    kind = "StoreUnavailable" if fault == "refuse" else fault
                    answer, data = {"ok": False, "error": {"type": kind, "message": "redis is down"}}, b""
                text = json.dumps(answer).encode() + b"\n" + data
                if fault == "garbage":
                    text = b"what\n"
                connection.sendall(struct.pack("<I", len(text)) + text)

    def _do(self, request: dict, value: bytes) -> tuple[dict, bytes]:
        key = request["key"]
        if request["op"] == "put":
            self.values[key] = (request["type"], value)
            self.ttls.append(request.get("ttl"))
            return {"ok": True}, b""
        found = self.values.get(key)
        if request["op"] == "delete":
            self.values.pop(key, None)
            return {"ok": True, "found": found is not None}, b""
        if found is None:
            return {"ok": True, "found": False}, b""
        return {"ok": True, "found": True, "type": found[0]}, found[1]


SOURCE = '''
import faasbatch, base64
def handler(event, context):
    deed = event["deed"]
    if deed == "put":
        context.store.put(event["key"], event["value"], ttl=event.get("ttl"))
        return None
    if deed == "bytes":
        context.store.put("b", bytes(range(256)))
        value = context.store.get("b")
        return [type(value).__name__, value == bytes(range(256))]
    if deed == "delete":
        return context.store.delete(event["key"])
    if deed == "safe":
        try:
            return context.store.get("k")
        except faasbatch.StoreUnavailable as error:
            return "caught: %s" % error
    if deed == "class":
        try:
            return context.store.get("k")
        except faasbatch.StoreError as error:
            return [type(error).__name__, isinstance(error, ValueError)]
    if deed == "huge":
        context.store.put("k", bytes(64 << 20))
    if deed == "default":
        return context.store.get("nothing", "fallback")
    return context.store.get(event["key"])
'''


class Store(unittest.TestCase):
    def setUp(self) -> None:
        self.store = TinyStore()
        self.addCleanup(self.store.close)
        self.worker = Worker({"FAASBATCH_STORE_SOCKET": self.store.path})
        self.addCleanup(self.worker.__exit__)
        self.assertNotIn("error", self.worker.load(SOURCE).head)

    def run_deed(self, deed: str, **rest: object):
        return self.worker.run({"deed": deed, **rest})

    def test_values(self) -> None:
        for value in ({"v": [1, None, "\u00e9"]}, 5, None, "x" * 300000):
            self.run_deed("put", key="k", value=value)
            self.assertEqual(self.run_deed("get", key="k").value(), value)
        self.assertEqual(self.run_deed("bytes").value(), ["bytes", True])
        self.assertIsNone(self.run_deed("delete", key="k").value())
        self.assertIsNone(self.run_deed("delete", key="k").value())
        self.assertIsNone(self.run_deed("get", key="k").value())
        self.assertEqual(self.run_deed("default").value(), "fallback")
        self.run_deed("put", key="k", value=1, ttl=2.5)
        self.assertEqual(self.store.ttls[-1], 2.5)

    def test_bad_arguments(self) -> None:
        for key in ("", "k" * 1025, "a\nb"):
            self.assertEqual(self.run_deed("put", key=key, value=1).head["error"]["type"], "InvalidKey")
        self.assertEqual(self.run_deed("put", key=5, value=1).head["error"]["type"], "TypeError")
        self.assertEqual(self.run_deed("put", key="k", value=1, ttl=0).head["error"]["type"], "ValueError")

    def test_time_in_the_store_is_counted(self) -> None:
        head = self.run_deed("get", key="k").head
        self.assertGreater(head["o"], 0)
        self.assertGreaterEqual(head["e"], head["o"])

    def test_refusal_and_garbage_are_store_unavailable(self) -> None:
        self.store.fault = "refuse"
        error = self.run_deed("get", key="k").head["error"]
        self.assertEqual((error["type"], error["message"]), ("StoreUnavailable", "redis is down"))
        self.store.fault = "garbage"
        self.assertEqual(self.run_deed("get", key="k").head["error"]["type"], "StoreUnavailable")
        self.store.fault = "refuse"
        self.assertEqual(self.run_deed("safe").value(), "caught: redis is down")
        self.assertIsNone(self.run_deed("get", key="k").value(), "the next request is well")

    def test_errors_have_classes_of_their_own(self) -> None:
        for kind, expected in (("InvalidKey", "InvalidKey"), ("ValueTooLarge", "ValueTooLarge"), ("of another version", "StoreUnavailable")):
            self.store.fault = kind
            self.assertEqual(self.run_deed("get", key="k").head["error"]["type"], expected)
            self.store.fault = kind
            self.assertEqual(self.run_deed("class").value(), [expected, expected != "StoreUnavailable"])
        self.assertEqual(self.run_deed("huge").head["error"]["type"], "ValueTooLarge")
        self.assertIsNone(self.run_deed("get", key="k").value(), "the connection is as good as before")

    def test_broken_connection_is_opened_anew(self) -> None:
        self.run_deed("put", key="k", value=1)
        self.store.fault = "close"
        self.assertEqual(self.run_deed("get", key="k").value(), 1)

    def test_no_store(self) -> None:
        with Worker({"FAASBATCH_STORE_SOCKET": ""}) as worker:
            worker.load(SOURCE)
            error = worker.run({"deed": "get", "key": "k"}).head["error"]
            self.assertEqual((error["type"], error["message"]), ("StoreUnavailable", "this function has no store"))

    def test_store_that_is_not_there(self) -> None:
        with Worker({"FAASBATCH_STORE_SOCKET": self.store.folder.name + "/none"}) as worker:
            worker.load(SOURCE)
            self.assertEqual(worker.run({"deed": "get", "key": "k"}).head["error"]["type"], "StoreUnavailable")

    def test_deadline_bounds_the_wait(self) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        path = self.store.folder.name + "/silent"
        self.listener.bind(path)
        self.listener.listen(1)
        with Worker({"FAASBATCH_STORE_SOCKET": path}) as worker:
            worker.load(SOURCE)
            self.assertEqual(worker.result(worker.call({"deed": "get", "key": "k"}, 0.2)).head["error"]["type"], "StoreUnavailable")

    def test_forked_children_have_connections_of_their_own(self) -> None:
        from test_zygote import forked

        source = "def handler(event, context):\n    context.store.put('k', event)\n    return context.store.get('k')\n"
        with Worker({"FAASBATCH_STORE_SOCKET": self.store.path}) as worker:
            worker.load(source, mode="Processes")
            before = self.store.connections
            self.assertEqual([forked(worker, i)[0].result().value() for i in range(3)], [0, 1, 2])
            self.assertEqual(self.store.connections - before, 3)


class Bindings(unittest.TestCase):
    def test_unknown_and_unavailable(self) -> None:
        with Worker() as worker:
            worker.load("def handler(event, context):\n    return context.binding(event)\n",
                        bindings=[{"name": "odd", "kind": "Odd", "url": "x://"}])
            error = worker.run("cache").head["error"]
            self.assertEqual(error["type"], "BindingUnavailable")
            self.assertIn("it has: odd", error["message"])
            self.assertIn("unknown kind", worker.run("odd").head["error"]["message"])

    def test_missing_package_is_said(self) -> None:
        with Worker() as worker, tempfile.TemporaryDirectory() as folder:
            for name in ("redis", "couchdb"):
                with open(os.path.join(folder, name + ".py"), "w") as file:
                    file.write("raise ImportError('not here')\n")
            worker.load("def handler(event, context):\n    return context.binding(event)\n", env={"PYTHONPATH": folder},
                        bindings=[{"name": "r", "kind": "Redis", "url": "redis://127.0.0.1"},
                                  {"name": "c", "kind": "CouchDB", "url": "http://127.0.0.1"}])
            self.assertIn("needs the package redis", worker.run("r").head["error"]["message"])
            self.assertIn("needs the package couchdb", worker.run("c").head["error"]["message"])


if __name__ == "__main__":
    unittest.main()
