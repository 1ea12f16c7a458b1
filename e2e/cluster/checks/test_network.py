"""The pod network: pods reach one another on one node and across nodes, Services and names work, NetworkPolicies are enforced."""

import time
import unittest

from kubectl import PORT, SERVE, NamespaceCase, pod, workers

SETTLED_AFTER = 10  # seconds until a policy must hold on every node


def policy(name: str, pods: dict, **spec) -> dict:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": {"matchLabels": pods}, **spec},
    }


class NetworkCheck(NamespaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        here, there = workers()[:2]
        cls.start(pod("server", command=SERVE, nodeName=here), pod("near", nodeName=here), pod("far", nodeName=there))
        cls.apply(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "server"},
                "spec": {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": int(PORT)}]},
            }
        )

    def tearDown(self):
        self.delete("networkpolicy", "--all")

    def assertReaches(self, client: str, address: str, expected: bool = True):
        """Once it is as expected it must stay so: policies spread to the nodes one by one."""
        deadline = time.monotonic() + SETTLED_AFTER
        while self.reaches(client, address) != expected:
            self.assertLess(time.monotonic(), deadline, "%s %s %s" % (client, "cannot reach" if expected else "reaches", address))
        self.assertEqual(self.reaches(client, address), expected, client)

    def server(self) -> str:
        return self.ip("server") + ":" + PORT

    def test_pods_reach_pods_and_services(self):
        for client in "near", "far":
            self.assertReaches(client, self.server())
            self.assertReaches(client, "server")
            self.assertReaches(client, "server.%s.svc.cluster.local" % self.namespace)

    def test_ingress_is_for_those_whom_a_policy_lets_in(self):
        only_far = [{"from": [{"podSelector": {"matchLabels": {"app": "far"}}}]}]
        self.apply(policy("ingress", {"app": "server"}, policyTypes=["Ingress"], ingress=only_far))
        self.assertReaches("near", self.server(), False)
        self.assertReaches("near", "server", False)
        self.assertReaches("far", self.server())
        self.delete("networkpolicy", "ingress")
        self.assertReaches("near", self.server())

    def test_egress_is_for_where_a_policy_lets_out(self):
        dns = [{"ports": [{"port": 53, "protocol": "UDP"}]}]
        self.apply(policy("egress", {"app": "far"}, policyTypes=["Egress"], egress=dns))
        self.assertReaches("far", self.server(), False)
        self.assertEqual(self.inside("far", "nslookup", "server.%s.svc.cluster.local" % self.namespace).returncode, 0)
        self.assertReaches("near", self.server())

    def test_a_policy_names_ports(self):
        other_port = [{"ports": [{"port": 9, "protocol": "TCP"}]}]
        self.apply(policy("ports", {"app": "server"}, policyTypes=["Ingress"], ingress=other_port))
        self.assertReaches("far", self.server(), False)
        self.assertReaches("near", self.server(), False)


if __name__ == "__main__":
    unittest.main()
