"""The images of the runtime, in pods that may do nothing: they speak docs/runtime-contract.md."""

import http.client
import json
import re
import socket
import subprocess
import time
import unittest

from images import image
from kubectl import NamespaceCase, kubectl, pod

PORT = 8080
HANDLER = """
import concurrent.futures, decimal, os, sqlite3, ssl, zoneinfo
def handler(event):
    with open("/tmp/seen", "a") as seen:
        seen.write("x")
    print("double", event)
    return {"twice": 2 * event, "user": os.getuid(), "zone": str(zoneinfo.ZoneInfo("Europe/Berlin"))}
"""


class Pod:
    """A connection to the pod's port, through kubectl."""

    def __init__(self, namespace: str, name: str):
        with socket.socket() as any_port:
            any_port.bind(("127.0.0.1", 0))
            self._port = any_port.getsockname()[1]
        self._forward = subprocess.Popen(
            ["kubectl", "-n", namespace, "port-forward", "pod/" + name, "%d:%d" % (self._port, PORT)],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._forward.stdout.readline()
        assert re.match("Forwarding from", line), line

    def close(self):
        self._forward.terminate()
        self._forward.wait()
        self._forward.stdout.close()

    def call(self, method: str, path: str, body: str = "", content_type: str = "application/json"):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request(method, path, body or None, {"Content-Type": content_type, "Authorization": "Bearer token"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text


class RuntimeCheck(NamespaceCase):
    def start_runtime(self, name: str) -> Pod:
        token = {"name": "FAASBATCH_TOKEN", "value": "token"}
        self.start(pod(name, image(name), command=None, container={"env": [token]}))
        runtime = Pod(self.namespace, name)
        self.addCleanup(runtime.close)
        deadline = time.monotonic() + 30
        while True:
            status, text = runtime.call("GET", "/v1/status")
            if status == 200 and json.loads(text)["state"] == "Generic":
                return runtime
            self.assertLess(time.monotonic(), deadline, text)

    def test_python_runs_a_batch(self):
        for mode in "Threads", "Processes":
            with self.subTest(mode=mode):
                runtime = self.start_runtime("runtime-python")
                init = {"function": "default/wf/double", "digest": "1", "handler": "double.handler", "source": {"inline": HANDLER}, "mode": mode, "limit": 8}
                status, text = runtime.call("POST", "/v1/init", json.dumps(init))
                self.assertEqual(status, 200, text)
                calls = [
                    {"id": str(i), "invocation": str(i), "run": "r", "step": "s", "index": [i], "attempt": 1, "timeoutMs": 10000, "input": i}
                    for i in range(8)
                ]
                status, text = runtime.call("POST", "/v1/batch", "".join(json.dumps(call) + "\n" for call in calls), "application/jsonl")
                self.assertEqual(status, 200, text)
                lines = [json.loads(line) for line in text.splitlines()]
                results = {line["id"]: line for line in lines if "status" in line}
                self.assertEqual(len(results), 8, text)
                for i in range(8):
                    self.assertEqual(results[str(i)].get("output"), {"twice": 2 * i, "user": 65532, "zone": "Europe/Berlin"}, results[str(i)])
                self.assertIn({"double 3\n"}, [{entry["text"] for entry in line["logs"]} for line in lines if "logs" in line and line["id"] == "3"])
                kubectl("-n", self.namespace, "delete", "pod", "runtime-python")

    def test_native_says_what_it_cannot_load(self):
        runtime = self.start_runtime("runtime-native")
        init = {"function": "default/wf/f", "digest": "1", "handler": "f.f", "source": {"path": "/nothing.so"}, "mode": "Threads", "limit": 1}
        status, text = runtime.call("POST", "/v1/init", json.dumps(init))
        self.assertEqual((status, json.loads(text)["reason"]), (422, "LoadFailed"), text)
        self.assertIn("/nothing.so", text)


if __name__ == "__main__":
    unittest.main()
