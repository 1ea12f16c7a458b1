#!/usr/bin/env python3
"""Holds docs/openapi.yaml against a running agent.

    docs/openapi_test.py BUILD_DIR

Every operation is called, in ways that succeed and in ways that fail. Each answer must be one the document has for that operation: its
status, its media type, its headers, and a body that fits its schema. An operation that was never called fails the test.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}: install python3-yaml and python3-jsonschema")
    sys.exit(77)

ECHO = {"name": "f", "runtime": "Python", "handler": "fn.handler",
        "source": {"inline": "def handler(event, context):\n    print('seen')\n    return event\n"}}
BAD = {"name": "bad", "runtime": "Python", "handler": "fn.handler",
       "source": {"inline": "def handler(event):\n    raise ValueError('no')\n"}}


def workflow(name, steps, functions=(ECHO,)):
    return {"apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow", "metadata": {"name": name},
            "spec": {"functions": list(functions), "steps": steps}}


class Contract:
    def __init__(self, file, port):
        self.document = yaml.safe_load(file.read_text())
        self.port = port
        self.seen = set()
        self.calls = 0

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operation(self, method, path):
        for template, item in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", template), path):
                return template, self.resolve(item[method.lower()])
        raise AssertionError(f"{path} is not documented")

    def call(self, method, path, want, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        template, operation = self.operation(method, path.split("?")[0])
        where = f"{method} {template} -> {answer.status}"
        assert answer.status == want, f"{where}, wanted {want}: {content[:300]}"
        assert str(answer.status) in operation["responses"], f"{where} is not documented"
        self.check(where, self.resolve(operation["responses"][str(answer.status)]), answer, content)
        self.seen.add((template, method.lower()))
        self.calls += 1
        return answer, content

    def check(self, where, documented, answer, content):
        for name, header in documented.get("headers", {}).items():
            assert answer.getheader(name) or self.resolve(header).get("required") is False, f"{where}: no {name}"
        media = (answer.getheader("Content-Type") or "").split(";")[0]
        assert media in documented["content"], f"{where}: {media} is not documented"
        schema = {**documented["content"][media].get("schema", {}), "components": self.document["components"]}
        validator = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)(schema)
        if media == "text/plain":
            return
        for text in content.splitlines() if media == "application/jsonl" else [content]:
            validator.validate(json.loads(text))

    def missing(self):
        verbs = {"get", "put", "post", "delete"}
        return {(path, verb) for path, item in self.document["paths"].items() for verb in verbs & set(item)} - self.seen


def exercise(c):
    base = "/v1/namespaces/default"
    for path in ("/healthz", "/readyz", "/metrics"):
        c.call("GET", path, 200)
    step = [{"name": "s", "function": "f"}]
    c.call("PUT", f"{base}/workflows/echo", 201, workflow("echo", step))
    c.call("PUT", f"{base}/workflows/echo", 200, workflow("echo", step))
    c.call("PUT", f"{base}/workflows/echo", 422, "a: [", Content_Type="application/yaml")
    c.call("PUT", f"{base}/workflows/echo", 415, "x", Content_Type="image/png")
    c.call("PUT", f"{base}/workflows/bad", 201, workflow("bad", [{"name": "s", "function": "bad"}], [BAD]))
    c.call("PUT", f"{base}/workflows/late", 201, workflow("late", [{"name": "s", "wait": "30s"}]) | {})
    c.call("GET", f"{base}/workflows", 200)
    c.call("PUT", "/v1/namespaces/other/workflows/there", 201, workflow("there", step))
    _, everywhere = c.call("GET", "/v1/workflows", 200)
    named = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in json.loads(everywhere)["items"]}
    assert {("default", "echo"), ("other", "there")} <= named, named
    c.call("GET", f"{base}/workflows/echo", 200)
    c.call("GET", f"{base}/workflows/nosuch", 404)
    for path in (f"{base}/workflows/echo/invocations", f"{base}/workflows/echo/functions/f/invocations"):
        c.call("POST", path, 200, {"x": 1})
        c.call("POST", path, 202, {"x": 1}, Prefer="respond-async")
        c.call("POST", path, 200, {"x": 1}, Prefer="respond-async, wait=10")
        c.call("POST", path, 400, "{")
        c.call("POST", path, 415, "{}", Content_Type="text/csv")
        c.call("POST", path, 200, "1", Idempotency_Key="k")
        c.call("POST", path, 422, "2", Idempotency_Key="k")
    c.call("POST", f"{base}/workflows/nosuch/invocations", 404, "1")
    c.call("POST", f"{base}/workflows/echo/functions/nosuch/invocations", 404, "1")
    failed, _ = c.call("POST", f"{base}/workflows/bad/invocations", 500, "1")
    answer, _ = c.call("POST", f"{base}/workflows/echo/invocations", 200, "1")
    for invocation in (answer.getheader("Invocation-Id"), failed.getheader("Invocation-Id")):
        c.call("GET", f"{base}/invocations/{invocation}", 200)
        c.call("GET", f"{base}/invocations/{invocation}/logs", 200)
    late, _ = c.call("POST", f"{base}/workflows/late/invocations", 202, "1", Prefer="respond-async")
    waiting = late.getheader("Invocation-Id")
    c.call("GET", f"{base}/invocations/{waiting}", 200)
    c.call("GET", f"{base}/invocations/{waiting}?wait=x", 400)
    c.call("DELETE", f"{base}/invocations/{waiting}", 202)
    c.call("GET", f"{base}/invocations/{waiting}?wait=10", 200)
    c.call("DELETE", f"{base}/invocations/{waiting}", 200)
    for path in ("nosuch", "nosuch/logs"):
        c.call("GET", f"{base}/invocations/{path}", 404)
    c.call("DELETE", f"{base}/invocations/nosuch", 404)
    _, page = c.call("GET", f"{base}/invocations?limit=2", 200)
    c.call("GET", f"{base}/invocations?limit=2&continue={json.loads(page)['continue']}", 200)
    c.call("GET", f"{base}/invocations?status=Failed&workflow=bad", 200)
    c.call("POST", "/v1/namespaces/other/workflows/there/invocations", 200, "1")
    _, everywhere = c.call("GET", "/v1/invocations", 200)
    assert {each["namespace"] for each in json.loads(everywhere)["items"]} == {"default", "other"}, everywhere
    c.call("GET", "/v1/invocations?limit=0", 400)
    c.call("GET", f"{base}/invocations?status=nosuch", 400)
    c.call("GET", f"{base}/invocations?limit=0", 400)
    c.call("DELETE", f"{base}/workflows/bad", 200)
    c.call("DELETE", f"{base}/workflows/bad", 404)


def main():
    agent = subprocess.Popen([os.path.join(sys.argv[1], "bin", "faasbatch"), "dev", "--listen", "127.0.0.1:0"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r":(\d+)$", agent.stdout.readline().strip()).group(1))
        contract = Contract(pathlib.Path(__file__).resolve().parent / "openapi.yaml", port)
        exercise(contract)
        assert not contract.missing(), f"never called: {sorted(contract.missing())}"
        print(f"{contract.calls} answers fit the document")
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    finally:
        if agent.poll() is None:
            agent.kill()
        agent.wait()


if __name__ == "__main__":
    main()
