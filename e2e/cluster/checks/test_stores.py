"""The stand-ins for the store images, in pods that may do nothing, with a volume for their data."""

import json
import unittest

from images import image
from kubectl import NamespaceCase, kubectl, pod


def store(name: str, user: int, folder: str, **container) -> dict:
    made = pod(name, image(name), command=None, container=container, mounts=[{"name": "data", "mountPath": folder}], volumes=[{"name": "data", "emptyDir": {}}])
    made["spec"]["securityContext"].update({"runAsUser": user, "fsGroup": user})
    return made


class StoreCheck(NamespaceCase):
    def test_redis_keeps_what_it_is_given(self):
        self.start(store("redis", 999, "/data", command=["redis-server", "--protected-mode", "no", "--appendonly", "yes"]))
        self.assertEqual(self.inside("redis", "redis-cli", "set", "a", "1").stdout, "OK\n")
        self.assertEqual(self.inside("redis", "redis-cli", "get", "a").stdout, "1\n")

    def test_couchdb_lets_its_administrator_in(self):
        login = [{"name": "COUCHDB_USER", "value": "admin"}, {"name": "COUCHDB_PASSWORD", "value": "secret"}]
        probe = {"tcpSocket": {"port": 5984}, "periodSeconds": 1}
        self.start(store("couchdb", 5984, "/opt/couchdb/data", env=login, readinessProbe=probe), pod("client"))
        address = self.ip("couchdb") + ":5984/"

        def get(credentials: str, path: str):
            return self.inside("client", "wget", "-q", "-O", "-", "http://" + credentials + address + path)

        self.assertEqual(json.loads(get("admin:secret@", "_all_dbs").stdout), ["_replicator", "_users"])
        self.assertNotEqual(get("", "_all_dbs").returncode, 0)
        self.assertNotIn("secret", kubectl("-n", self.namespace, "logs", "couchdb").stdout)


if __name__ == "__main__":
    unittest.main()
