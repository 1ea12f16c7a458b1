#!/usr/bin/env python3
"""Clients that calls build for themselves and that the worker makes one of: PyPI's couchdb against pouchdb-server, its redis and Debian's
against redis-server, in threads and in processes; through bindings too; and what /v1/status says of what that saved."""
import http.client
import json
import os
import pathlib
import socket
import unittest

import harness
import peers
from harness import python, together, until

PACKAGES = harness.ROOT / "build/peers/python"
CALLS = 12


def search(path):
    """The env of a function that looks for its packages there first."""
    return [{"name": "PYTHONPATH", "value": str(path)}]


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def shared(agent, pids):
    """What the pods say of shared clients, summed up: {constructor: (made, reused, savedBytes)}."""
    sums = {}
    for pid in pids:
        words = harness.command_line(pid).split(" ")
        connection = UnixConnection(words[words.index("--listen") + 1].removeprefix("unix:"))
        connection.request("GET", "/v1/status")
        for one in json.load(connection.getresponse())["shared"]:
            made, reused, saved = sums.get(one["constructor"], (0, 0, 0))
            sums[one["constructor"]] = (made + one["made"], reused + one["reused"], saved + one["savedBytes"])
        connection.close()
    return sums


class Clients(harness.Case):
    def apply_alone(self, code, mode="Threads", **more):
        """A function whose pods are all the pods there are but generic ones; its agent."""
        agent = self.new_agent()
        agent.apply("f", [python("f", code, mode, 32, env=search(PACKAGES), **more)])
        return agent

    def reported(self, agent, constructor, when):
        return until(lambda: (lambda found: found if found and when(*found) else None)(shared(agent, agent.pods()).get(constructor)),
                     lambda: f"what the pods report: {shared(agent, agent.pods())}")


@unittest.skipUnless((PACKAGES / "couchdb").is_dir(), "PyPI's couchdb is not installed (pip install --target build/peers/python couchdb redis)")
class CouchDB(Clients):
    CODE = ("import os, time, couchdb\ndef handler(event, context):\n    server = couchdb.Server(event['url'])\n    name = 'shared'\n"
            "    try:\n        db = server[name]\n    except couchdb.ResourceNotFound:\n        try:\n            db = server.create(name)\n"
            "        except couchdb.PreconditionFailed:\n            db = server[name]\n"
            "    key = '%s-%s' % (event['key'], event['i'])\n    if key not in db:\n        db[key] = {'i': event['i']}\n    time.sleep(0.05)\n"
            "    return [db[key]['i'], id(server), os.getpid()]\n")

    @classmethod
    def setUpClass(cls):
        cls.peer = peers.CouchDB()
        if cls.peer.missing:
            raise unittest.SkipTest(cls.peer.missing)
        super().setUpClass()

    def url(self):
        return self.peer.url.rsplit("/", 1)[0] + "/"

    def call(self, agent, key, i):
        return agent.output("f", {"url": self.url(), "key": key, "i": i})

    def test_threads_share_one_server(self):
        agent = self.apply_alone(self.CODE)
        answers = together(CALLS, lambda i: self.call(agent, "threads", i))
        self.assertEqual([a[0] for a in answers], list(range(CALLS)))
        self.assertEqual(len({(a[1], a[2]) for a in answers}), 1, "one server in one process")
        made, reused, _ = self.reported(agent, "couchdb.Server", lambda made, reused, saved: reused == CALLS - 1 and saved > 0)
        self.assertEqual((made, reused), (1, CALLS - 1))

    def test_another_address_is_another_server(self):
        agent = self.apply_alone("import couchdb\ndef handler(event):\n    one, other = couchdb.Server(event), couchdb.Server(event + '?')\n"
                                 "    return [one is couchdb.Server(event), one is other, couchdb.Server(full_commit=False) is couchdb.Server()]\n")
        self.assertEqual(agent.output("f", self.url()), [True, False, False])

    def test_processes_have_servers_of_their_own(self):
        code = self.CODE.replace("def handler", f"couchdb.Server({self.url()!r})\ndef handler", 1)
        agent = self.apply_alone(code, "Processes")
        answers = together(CALLS, lambda i: self.call(agent, "processes", i))
        self.assertEqual([a[0] for a in answers], list(range(CALLS)))
        self.assertEqual(len({a[2] for a in answers}), CALLS, "a process a call")

    def test_a_server_that_was_away_answers_again(self):
        peer = peers.CouchDB()
        code = "import couchdb\ndef handler(event):\n    return couchdb.Server(event).version()\n"
        agent = self.apply_alone(code)
        url = peer.url.rsplit("/", 1)[0] + "/"
        first = agent.output("f", url)
        peer.kill()
        self.assertNotEqual(agent.invoke("f", url).status, 200)
        peer.start()
        self.assertEqual(agent.output("f", url), first)

    def test_bindings(self):
        for mode in ("Threads", "Processes"):
            with self.subTest(mode=mode):
                code = "def handler(event, context):\n    server = context.binding('docs')\n    return [server.version(), server is context.binding('docs')]\n"
                agent = self.apply_alone(code, mode, bindings=[{"name": "docs", "couchdb": {"url": self.url()}}])
                version, same = agent.output("f")
                self.assertTrue(version)
                self.assertTrue(same)


class Redis(Clients):
    CODE = ("import os, time, redis\ndef handler(event):\n    client = redis.Redis(port=event['port'])\n    client.incr('calls')\n    time.sleep(0.05)\n"
            "    return [client is redis.Redis('localhost', event['port']), id(client), os.getpid(), redis.__file__]\n")

    @classmethod
    def setUpClass(cls):
        cls.peer = peers.Redis()
        if cls.peer.missing:
            raise unittest.SkipTest(cls.peer.missing)
        super().setUpClass()

    def versions(self):
        """PYTHONPATH for each version of the client."""
        yield "Debian's", ""
        if (PACKAGES / "redis").is_dir():
            yield "PyPI's", str(PACKAGES)

    def test_threads_share_one_client_and_its_connections(self):
        for name, path in self.versions():
            with self.subTest(version=name):
                agent = self.new_agent()
                agent.apply("f", [python("f", self.CODE, limit=32, env=search(path))])
                answers = together(CALLS, lambda _: agent.output("f", {"port": self.peer.port}))
                self.assertEqual({a[0] for a in answers}, {True}, "a default that is written out is the same")
                self.assertEqual(len({(a[1], a[2]) for a in answers}), 1)
                self.assertTrue(answers[0][3].startswith(path), answers[0])
                self.reported(agent, "redis.Redis", lambda made, reused, saved: made == 1 and reused == 2 * CALLS - 1 and saved > 0)

    def test_processes_reuse_what_their_zygote_made(self):
        for name, path in self.versions():
            with self.subTest(version=name):
                code = f"import redis\nredis.Redis(port={self.peer.port})\n" + self.CODE
                agent = self.new_agent()
                agent.apply("f", [python("f", code, "Processes", 32, env=search(path))])
                answers = together(CALLS, lambda _: agent.output("f", {"port": self.peer.port}))
                self.assertEqual({a[0] for a in answers}, {True})
                self.assertEqual(len({a[2] for a in answers}), CALLS, "a process a call")
                self.reported(agent, "redis.Redis", lambda made, reused, saved: made and reused == 2 * CALLS and saved > 0)


if __name__ == "__main__":
    harness.main()
