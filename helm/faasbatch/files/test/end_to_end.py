"""`helm test`: applies a workflow, waits until it is Ready, calls it through the gateway as this pod's service account."""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
NAME = "faasbatch-test"
PATIENCE = 120  # seconds, for all of it

WORKFLOW = {
    "apiVersion": "faasbatch.io/v1alpha1",
    "kind": "FunctionWorkflow",
    "metadata": {"name": NAME},
    "spec": {
        "functions": [{
            "name": "square", "runtime": "Python", "handler": "square.handler",
            "source": {"inline": "def handler(event, context):\n    return event * event\n"},
        }],
        "steps": [{"name": "squares", "function": "square",
                   "foreach": {"items": "${input}"}, "input": "${item}"}],
        "output": "${steps.squares.output}",
    },
}


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def call(method, url, ca, body=None):
    request = urllib.request.Request(url, method=method, headers={
        "Authorization": "Bearer " + text(f"{ACCOUNT}/token"), "Content-Type": "application/json"})
    data = None if body is None else json.dumps(body).encode()
    context = ssl.create_default_context(cafile=ca) if url.startswith("https:") else None
    with urllib.request.urlopen(request, data=data, timeout=30, context=context) as answer:
        return json.load(answer)


def main():
    namespace = text(f"{ACCOUNT}/namespace")
    api_ca = f"{ACCOUNT}/ca.crt"
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    host = f"[{host}]" if ":" in host else host
    port = os.environ["KUBERNETES_SERVICE_PORT_HTTPS"]
    objects = f"https://{host}:{port}/apis/faasbatch.io/v1alpha1/namespaces/{namespace}/functionworkflows"
    began = time.monotonic()

    def remove():
        try:
            call("DELETE", f"{objects}/{NAME}", api_ca)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise

    remove()
    call("POST", objects, api_ca, WORKFLOW)
    try:
        conditions = {}
        while conditions.get("Ready", {}).get("status") != "True":
            if time.monotonic() - began > PATIENCE:
                sys.exit(f"not Ready within {PATIENCE} s: {json.dumps(list(conditions.values()), indent=2)}")
            time.sleep(0.2)
            status = call("GET", f"{objects}/{NAME}", api_ca).get("status", {})
            conditions = {condition["type"]: condition for condition in status.get("conditions", [])}
        print(f"Ready after {time.monotonic() - began:.1f} s")
        output = call("POST", f"{os.environ['GATEWAY']}/v1/namespaces/{namespace}/workflows/{NAME}/invocations",
                      os.environ["GATEWAY_CA"], [1, 2, 3])
        if output != [1, 4, 9]:
            sys.exit(f"the squares of 1, 2 and 3 are not {output}")
        print(f"answered after {time.monotonic() - began:.1f} s: {output}")
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.url}: {error.code}: {error.read().decode(errors='replace')}")
    finally:
        remove()


if __name__ == "__main__":
    main()
