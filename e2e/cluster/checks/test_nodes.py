"""Nodes: one that is killed is noticed and comes back; one that is added takes pods and reaches the others."""

import os
import subprocess
import unittest

from kubectl import PORT, SERVE, NamespaceCase, kubectl, pod, workers

NODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "node")


def node(*arguments: str) -> str:
    done = subprocess.run([NODE, *arguments], text=True, capture_output=True, timeout=180)
    if done.returncode != 0:
        raise AssertionError("node %s: %s" % (" ".join(arguments), done.stderr.strip()))
    return done.stdout.strip()


def wait_for(name: str, condition: str):
    kubectl("wait", "--for=condition=" + condition, "node/" + name, "--timeout=90s")


class NodeCheck(NamespaceCase):
    def test_killed_nodes_come_back_though_their_addresses_change(self):
        victims = workers()[:2]
        for name in victims:
            node("stop", name)
        for name in victims:
            wait_for(name, "Ready=Unknown")
        for name in reversed(victims):
            node("start", name)
        for name in victims:
            wait_for(name, "Ready")

    def test_an_added_node_takes_pods_and_goes_again(self):
        here = workers()[0]
        added = node("add")
        self.addCleanup(node, "remove", added)
        self.assertIn(added, workers())
        self.start(pod("old", command=SERVE, nodeName=here), pod("new", nodeName=added))
        self.assertTrue(self.reaches("new", self.ip("old") + ":" + PORT))


if __name__ == "__main__":
    unittest.main()
