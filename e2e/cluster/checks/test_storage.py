"""The default StorageClass: a claim gives a pod without rights a volume, which outlives the pod."""

import unittest

from kubectl import NamespaceCase, kubectl, pod


def with_volume(name: str) -> dict:
    return pod(
        name,
        mounts=[{"name": "data", "mountPath": "/data"}],
        volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    )


class StorageCheck(NamespaceCase):
    def test_a_volume_outlives_its_pod(self):
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}},
            }
        )
        self.start(with_volume("writer"))
        self.assertEqual(self.inside("writer", "sh", "-c", "echo kept >/data/file").stderr, "")
        kubectl("-n", self.namespace, "delete", "pod", "writer")
        self.start(with_volume("reader"))
        self.assertEqual(self.inside("reader", "cat", "/data/file").stdout, "kept\n")


if __name__ == "__main__":
    unittest.main()
