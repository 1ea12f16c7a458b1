"""What the checks share: kubectl, and a namespace of their own."""

import json
import subprocess
import unittest
import uuid

BUSYBOX = "localhost/busybox:1"  # in every node of the packages way
READY_TIMEOUT = "60s"
PORT = "8080"
SERVE = ("sh", "-c", "mkdir /tmp/www && echo hello >/tmp/www/index.html && exec httpd -f -p %s -h /tmp/www" % PORT)


def kubectl(*arguments: str, text: str = "", check: bool = True) -> subprocess.CompletedProcess:
    done = subprocess.run(["kubectl", *arguments], input=text, text=True, capture_output=True, timeout=180)
    if check and done.returncode != 0:
        raise AssertionError("kubectl %s: %s" % (" ".join(arguments), done.stderr.strip()))
    return done


def workers() -> list[str]:
    answer = kubectl("get", "nodes", "-l", "!node-role.kubernetes.io/control-plane", "-o", "jsonpath={.items[*].metadata.name}")
    return answer.stdout.split()


def pod(name: str, image: str = BUSYBOX, command=("sleep", "infinity"), **spec) -> dict:
    """A pod that may do nothing: no root, no capabilities, nothing to write to but /tmp."""
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, *spec.pop("mounts", [])],
    }
    if command:
        container["command"] = list(command)
    container.update(spec.pop("container", {}))
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": [{"name": "tmp", "emptyDir": {}}, *spec.pop("volumes", [])],
            **spec,
        },
    }


class NamespaceCase(unittest.TestCase):
    """Each class has a namespace, restricted as the project's own are, which is deleted at its end."""

    @classmethod
    def setUpClass(cls):
        cls.namespace = "check-" + uuid.uuid4().hex[:8]
        cls.apply(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": cls.namespace, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
            }
        )
        cls.addClassCleanup(kubectl, "delete", "namespace", cls.namespace, "--wait=false")

    @classmethod
    def apply(cls, *objects: dict):
        kubectl("-n", cls.namespace, "apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    @classmethod
    def start(cls, *pods: dict):
        cls.apply(*pods)
        names = ["pod/" + each["metadata"]["name"] for each in pods]
        kubectl("-n", cls.namespace, "wait", "--for=condition=Ready", "--timeout=" + READY_TIMEOUT, *names)

    @classmethod
    def delete(cls, *what: str):
        kubectl("-n", cls.namespace, "delete", *what)

    @classmethod
    def inside(cls, name: str, *command: str) -> subprocess.CompletedProcess:
        return kubectl("-n", cls.namespace, "exec", name, "--", *command, check=False)

    @classmethod
    def reaches(cls, client: str, address: str) -> bool:
        """Whether a pod gets the page of one that runs SERVE; a connection that nobody answers counts as no after 2 s."""
        return cls.inside(client, "timeout", "2", "wget", "-q", "-O", "-", "http://" + address).stdout == "hello\n"

    @classmethod
    def ip(cls, name: str) -> str:
        return kubectl("-n", cls.namespace, "get", "pod", name, "-o", "jsonpath={.status.podIP}").stdout
