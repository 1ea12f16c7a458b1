#!/usr/bin/env python3
"""The speed table of a cluster with the chart installed (`e2e/run --gtest_filter='Invocation.*'` leaves one so): medians, each beside a baseline of the same run.

    e2e/cluster/run bench/cluster.py [--only WORD] [--seconds N] [--out FILE]

Calls go through the Service's port on a node, from outside the cluster. The baseline of calls is the gateway's /healthz by the same way.
Everything runs in a namespace of its own, which is deleted at the end.
"""
import argparse
import http.client
import json
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from harness import Table, median, p99, python, wrk

SYSTEM = "faasbatch-system"
STEP = [{"name": "s", "function": "f"}]
CHART = pathlib.Path(__file__).resolve().parent.parent / "helm" / "faasbatch"
CONNECTIONS = 8  # one after the other: the Service chooses an agent for each, which may be the workflow's own or not
WIDE = {"mode": "Threads", "limit": 64}
SLEEP = "import time\ndef handler(event, context):\n    time.sleep(0.1)\n    return None\n"
NAME = "faasbatch-gateway." + SYSTEM + ".svc"


def kubectl(*arguments, text=None):
    done = subprocess.run(["kubectl", *arguments], input=text, text=True, capture_output=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def helm(*arguments):
    done = subprocess.run(["helm", *arguments, "--namespace", SYSTEM, "--wait", "--timeout", "180s"], text=True, capture_output=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"helm {' '.join(arguments)}: {done.stderr.strip()}")


def field(path, *what):
    return kubectl("get", *what, "-o=jsonpath=" + path)


class Gateway:
    """The gateway from outside, as a service account that may invoke in a namespace of its own."""

    def __init__(self):
        self.namespace = "bench-" + uuid.uuid4().hex[:6]
        kubectl("create", "namespace", self.namespace)
        kubectl("create", "serviceaccount", "bench", "-n", self.namespace)
        kubectl("create", "rolebinding", "bench", "-n", self.namespace, "--clusterrole=faasbatch-invoker",
                f"--serviceaccount={self.namespace}:bench")
        self.token = kubectl("create", "token", "bench", "-n", self.namespace, "--duration=2h").strip()
        self.workers = field("{.items[*].metadata.name}", "nodes", "-l", "!node-role.kubernetes.io/control-plane").split()
        self.address = field('{.status.addresses[?(@.type=="InternalIP")].address}', "node", self.workers[0])
        self.port = int(field("{.spec.ports[0].nodePort}", "service", "faasbatch-gateway", "-n", SYSTEM))
        self.scheme = field("{.spec.ports[0].name}", "service", "faasbatch-gateway", "-n", SYSTEM)
        self.url = f"{self.scheme}://{self.address}:{self.port}"
        self.headers = [("Authorization", "Bearer " + self.token)]
        self.context = None
        if self.scheme == "https":
            ca = field("{.data.ca\\.crt}", "configmap", "faasbatch-ca", "-n", SYSTEM)
            self.context = ssl.create_default_context(cadata=ca)
            self.context.check_hostname = False  # the address is a node's; the certificate is checked all the same
        self.connection = self.connect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        kubectl("delete", "namespace", self.namespace, "--wait=false")

    def connect(self):
        connection = (http.client.HTTPSConnection(self.address, self.port, timeout=120, context=self.context) if self.context
                      else http.client.HTTPConnection(self.address, self.port, timeout=120))
        connection.connect()
        return connection

    def path(self, name):
        return f"/v1/namespaces/{self.namespace}/workflows/{name}/invocations"

    def call(self, method, path, body=None, connection=None, headers=()):
        connection = connection or self.connection
        connection.request(method, path, None if body is None else json.dumps(body),
                           {"Content-Type": "application/json", **dict(self.headers), **dict(headers)})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]}")
        return answer, json.loads(content)

    def invoke(self, name, event=None, connection=None):
        began = time.perf_counter()
        answer, output = self.call("POST", self.path(name), event, connection)
        return time.perf_counter() - began, answer, output

    def record(self, name, event=None):
        answer, _ = self.call("POST", self.path(name), event)
        return self.call("GET", f"/v1/namespaces/{self.namespace}/invocations/{answer.getheader('Invocation-Id')}")[1]

    def apply(self, name, functions, steps, **spec):
        manifest = {"apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow",
                    "metadata": {"name": name, "namespace": self.namespace}, "spec": {"functions": functions, "steps": steps, **spec}}
        began = time.perf_counter()
        kubectl("apply", "-f", "-", text=json.dumps(manifest))
        kubectl("wait", "-n", self.namespace, "--for=condition=Ready", "--timeout=60s", "fwf/" + name)
        return time.perf_counter() - began


def warm(gateway, table, seconds):
    """One caller and 32 callers of a warm no-op. What the gateway serves decides which row: open, or TLS and authentication."""
    way = "TLS and authentication" if gateway.scheme == "https" else "open gateway"
    reach = 350 if gateway.scheme == "https" else 300
    gateway.apply("warm", [python("f", concurrency=WIDE)], STEP)
    gateway.invoke("warm")
    for _ in range(CONNECTIONS):
        _, base50, _ = wrk(gateway, "/healthz", 1, 1)
        _, half, most = wrk(gateway, gateway.path("warm"), 1, 1, "POST", gateway.headers)
        table.add(f"warm Python call through the Service, one caller, p50: {way}", half, "us", reach, base50)
        table.add(f"warm Python call through the Service, one caller, p99: {way}", most, "us")
    base_rate, _, _ = wrk(gateway, "/healthz", 32, seconds)
    rate, _, most = wrk(gateway, gateway.path("warm"), 32, seconds, "POST", gateway.headers)
    table.add(f"the same, 32 callers: {way}", rate, "/s", 8000, base_rate, at_most=False)
    table.add(f"the same, 32 callers, p99: {way}", most / 1000, "ms", 20)


def opened(gateway, table, seconds):
    """The same of an open gateway without TLS: the release is upgraded for it, and put back."""
    helm("upgrade", "faasbatch", str(CHART), "--reuse-values", "--set", "gateway.open=true,gateway.tls.enabled=false")
    try:
        with Gateway() as open_gateway:
            warm(open_gateway, table, seconds)
    finally:
        helm("rollback", "faasbatch")


def cold(gateway, table, seconds):
    """From a generic warm pod: the first call of a function. From nothing: what is beyond the kubelet's own time to Ready."""
    gateway.apply("first", [python("f")], STEP)
    gateway.invoke("first")  # the namespace has its generic pods from now on
    taken, base = [], []
    for number in range(10):
        gateway.apply(f"generic{number}", [python("f")], STEP)
        wait_generic(gateway, f"generic{number}")
        taken.append(gateway.invoke(f"generic{number}")[0])
        base.append(median([gateway.invoke(f"generic{number}")[0] for _ in range(20)]))
    table.add("cold start from a generic warm pod, p50", median(taken) * 1e3, "ms", 30, median(base) * 1e3)
    beyond, whole = [], []
    for number in range(5):
        name = f"scratch{number}"
        gateway.apply(name, [python("f", resources={"requests": {"cpu": "5m"}})], STEP)
        seconds_taken, _, _ = gateway.invoke(name)
        pod = json.loads(kubectl("get", "pods", "-n", gateway.namespace, "-l", f"faasbatch.io/workflow={name}", "-o", "json"))["items"][0]
        kubelet = kubelet_time(gateway, pod)
        whole.append(seconds_taken)
        beyond.append(seconds_taken - kubelet)
    table.add("cold start from nothing, p50; beside the kubelet's time from creation to Ready", median(whole) * 1e3, "ms", None,
              median(w - b for w, b in zip(whole, beyond)) * 1e3)
    table.add("cold start from nothing, beyond the kubelet's time to Ready, p50", median(beyond) * 1e3, "ms", 100)


def wait_generic(gateway, workflow):
    """Until there is a generic pod where the workflow is placed."""
    placed = field("{.status.placement[0].node}", "fwf", workflow, "-n", gateway.namespace)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        pods = json.loads(kubectl("get", "pods", "-n", gateway.namespace, "-l", "faasbatch.io/pool=generic", "-o", "json"))["items"]
        nodes = {pod["spec"]["nodeName"] for pod in pods if pod.get("status", {}).get("phase") == "Running"}
        if placed in nodes:
            return
        time.sleep(0.05)
    raise RuntimeError(f"no generic pod on {placed} within 30 s: " + kubectl("get", "pods,fwf", "-n", gateway.namespace, "-o", "wide"))


class Api:
    """The API server by `kubectl proxy`, as kubectl itself takes too long to measure by."""

    def __enter__(self):
        self.proxy = subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.proxy.stdout.readline().rsplit(":", 1)[1])
        return self

    def __exit__(self, *_):
        self.proxy.terminate()
        self.proxy.wait(10)

    def open(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.read()[:300]}")
        return answer


def kubelet_time(gateway, like):
    """Seconds from the creation of a pod like that one to Ready, as a watch tells."""
    spec = {key: like["spec"][key] for key in ("nodeName", "containers", "volumes", "securityContext", "automountServiceAccountToken", "enableServiceLinks",
                                               "terminationGracePeriodSeconds") if key in like["spec"]}
    name = "plain-" + uuid.uuid4().hex[:6]
    pods = f"/api/v1/namespaces/{gateway.namespace}/pods"
    with Api() as api:
        watch = api.open("GET", f"{pods}?watch=1&fieldSelector=metadata.name={name}")
        began = time.perf_counter()
        api.open("POST", pods, {"metadata": {"name": name}, "spec": spec}).read()
        for line in watch:
            conditions = json.loads(line)["object"].get("status", {}).get("conditions", [])
            if any(c["type"] == "Ready" and c["status"] == "True" for c in conditions):
                return time.perf_counter() - began
    raise RuntimeError("the watch ended before the pod was Ready")


def burst(gateway, table, seconds):
    """50 calls at once to a cold function of 100 ms."""
    last, pods, failures = [], [], 0
    for number in range(5):
        name = f"burst{number}"
        gateway.apply(name, [python("f", SLEEP, concurrency=WIDE)], STEP)
        wait_generic(gateway, name)
        gate = threading.Barrier(51)
        connections = [gateway.connect() for _ in range(50)]
        ends, errors = [], []

        def one(connection):
            gate.wait()
            try:
                gateway.invoke(name, None, connection)
                ends.append(time.perf_counter())
            except Exception as error:  # counted, whatever it is
                errors.append(error)

        threads = [threading.Thread(target=one, args=(connection,)) for connection in connections]
        for thread in threads:
            thread.start()
        gate.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        failures += len(errors)
        last.append(max(ends) - began)
        records = gateway.call("GET", f"/v1/namespaces/{gateway.namespace}/invocations?workflow={name}&limit=50")[1]["items"]
        each = [gateway.call("GET", f"/v1/namespaces/{gateway.namespace}/invocations/{record['id']}")[1] for record in records]
        used = {attempt["pod"] for record in each for step in record["steps"] for attempt in step["attempts"]}
        pods.append(len(used))
    table.add("burst of 50 calls of 100 ms to a cold function: last answer, p50", median(last) * 1e3, "ms", 300, 100)
    table.add("the same: pods", max(pods), "", 1)
    table.add("the same: failures", failures, "", 0)


def steps(gateway, table, seconds):
    """Step to step on one node and across nodes: a chain of 10 against one step, by the total of the receipts."""
    def chain(name, nodes):
        functions = [python(f"f{i}", concurrency=WIDE, nodeSelector={"kubernetes.io/hostname": node}) for i, node in enumerate(nodes)]
        gateway.apply(name, functions, [{"name": f"s{i}", "function": f"f{i % len(nodes)}", **({"after": [f"s{i-1}"]} if i else {})}
                                        for i in range(10)])
    one, two = gateway.workers[0], gateway.workers[1]
    gateway.apply("single", [python("f", concurrency=WIDE, nodeSelector={"kubernetes.io/hostname": one})], STEP)
    chain("local", [one])
    chain("across", [one, two])
    totals = {}
    for name in ("single", "local", "across"):
        for _ in range(5):
            gateway.invoke(name)
        totals[name] = [float(gateway.invoke(name)[1].getheader("Server-Timing").split("total;dur=")[1].split(",")[0]) for _ in range(100)]
    base = median(totals["single"])
    table.add("step to step on one node, p50", (median(totals["local"]) - base) / 9 * 1e3, "us", 300, base * 1e3)
    table.add("step to step across nodes, p50", (median(totals["across"]) - base) / 9 * 1e3, "us", 1000, base * 1e3)
    table.add("step to step across nodes, p99", (p99(totals["across"]) - base) / 9 * 1e3, "us")


def fan_out(gateway, table, seconds):
    gateway.apply("map", [python("f", concurrency=WIDE)], [{"name": "each", "foreach": {"items": "${input}"}, "function": "f", "input": "${item}"}])
    items = list(range(50))
    gateway.invoke("map", items)
    one = median([gateway.invoke("map", [1])[0] for _ in range(20)])
    table.add("map of 50 no-op items, p50", median([gateway.invoke("map", items)[0] for _ in range(30)]) * 1e3, "ms", 30, one * 1e3)


def applied(gateway, table, seconds):
    """Apply to Ready with code in a ConfigMap; the baseline is kubectl itself, twice."""
    kubectl("create", "configmap", "code", "-n", gateway.namespace, "--from-literal=fn.py=def handler(event, context):\n    return None\n")
    function = {"name": "f", "runtime": "Python", "handler": "fn.handler", "source": {"configMap": {"name": "code", "key": "fn.py"}}}
    taken = [gateway.apply(f"applied{number}", [function], STEP) for number in range(5)]
    began = time.perf_counter()
    kubectl("get", "configmap", "code", "-n", gateway.namespace)
    kubectl("get", "configmap", "code", "-n", gateway.namespace)
    table.add("apply to Ready with code in a ConfigMap, p50", median(taken), "s", 1, time.perf_counter() - began)


def resident_mb(processes):
    """Resident megabytes of processes of the nodes, which are visible on the machine that the nodes are containers of."""
    return sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in processes) / 1e6


def pids(program):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "comm").read_text().strip() == program[:15] and "kubepods" in (entry / "cgroup").read_text():
                    found.append(int(entry.name))
            except OSError:
                pass
    return found


def memory(gateway, table, seconds):
    """The whole control plane: operators and agents; the stores are said apart."""
    ours = sum(resident_mb(pids(program)) for program in ("faasbatch-operator", "faasbatch-agent"))
    stores = resident_mb(pids("redis-server"))
    table.add(f"resident memory of operators and agents, {len(gateway.workers)} workers", ours, "MB", 150)
    table.add("resident memory of the nodes' redis", stores, "MB")


def requests(gateway, table, seconds):
    """API requests a minute when idle, by the counters of /metrics of each pod."""
    def counts():
        pods = json.loads(kubectl("get", "pods", "-n", SYSTEM, "-l", "app.kubernetes.io/component in (agent,operator)", "-o", "json"))["items"]
        out = {}
        for pod in pods:
            text = kubectl("get", "--raw", f"/api/v1/namespaces/{SYSTEM}/pods/{pod['metadata']['name']}:9090/proxy/metrics")
            out[pod["metadata"]["name"]] = sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                                               if line.startswith("faasbatch_kube_requests_total"))
        return out
    time.sleep(30)  # what came before has to settle
    before = counts()
    time.sleep(120)
    after = counts()
    for name, count in after.items():
        table.add(f"API requests a minute when idle: {name.rsplit('-', 1)[0]}", (count - before[name]) / 2, "/min", 10)


def thousand(gateway, table, seconds):
    """1 000 FunctionWorkflows at once: until all are Ready, and what the operator takes then."""
    items = [{"apiVersion": "faasbatch.io/v1alpha1", "kind": "FunctionWorkflow", "metadata": {"name": f"w{i:04}", "namespace": gateway.namespace},
              "spec": {"functions": [python("f")], "steps": STEP}} for i in range(1000)]
    began = time.perf_counter()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"apiVersion": "v1", "kind": "List", "items": items}, file)
        file.flush()
        kubectl("create", "-f", file.name)
    created = time.perf_counter() - began
    while time.perf_counter() - began < 300:
        ready = field('{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{" "}{end}', "fwf", "-n", gateway.namespace).split().count("True")
        if ready >= 1000:
            break
        time.sleep(0.5)
    table.add("1 000 FunctionWorkflows: all Ready", time.perf_counter() - began, "s", 60, created)
    table.add("the same: the leading operator's memory", max(resident_mb([pid]) for pid in pids("faasbatch-operator")), "MB", 100)


PARTS = {"warm": warm, "open": opened, "cold": cold, "burst": burst, "steps": steps, "map": fan_out, "apply": applied, "memory": memory,
         "requests": requests, "thousand": thousand}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="parts whose name has this in it: " + " ".join(PARTS))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--out", default="build/bench/cluster.json")
    options = parser.parse_args()
    table = Table()
    for name, run in PARTS.items():
        if options.only in name:
            with Gateway() as gateway:
                table.part = name
                print(f"{name} ...", file=sys.stderr, flush=True)
                run(gateway, table, options.seconds)
    table.print()
    table.write(options.out)


if __name__ == "__main__":
    main()
