#!/usr/bin/env python3
"""Tokens and passwords: whatever goes well or wrong, they stand in no log, metric, record, answer, argument or environment."""
import hashlib
import pathlib
import stat
import unittest

import harness
from fleet import Fleet, placed
from harness import python, until
from peers import Redis

STORED = "def handler(event, context):\n    print('stores')\n    context.store.put('k', event)\n    return [context.store.get('k'), 'x' * 100_000]\n"
# What a curious function finds: the environment of each process that it may read, its arguments, and what of the runtime it can print.
LOOKS = """import glob, os
def handler(event, context):
    seen = [dict(os.environ).__repr__()]
    for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
        try:
            if os.stat(path).st_uid == os.getuid():
                seen.append(open(path, 'rb').read().decode(errors='replace'))
        except OSError:
            pass
    return [line for line in seen if 'FAASBATCH_TOKEN=' in line]
"""
BOUND = "def handler(event, context):\n    return context.binding('cache').ping()\n"


class Secrets(unittest.TestCase):
    problem, failure = harness.Case.problem, harness.Case.failure

    def setUp(self):
        self.redis = Redis()
        if self.redis.missing:
            self.skipTest(self.redis.missing)
        self.addCleanup(self.redis.kill)
        self.passwords = {name: hashlib.sha256(name.encode()).hexdigest()[:24] for name in ("redis", "couchdb", "peers", "binding", "archive", "caller", "query")}
        self.redis.command("CONFIG", "SET", "requirepass", self.passwords["redis"])
        self.fleet = Fleet(["a", "b"], {"stored": placed({"only": "b"})}, "--verbose", data=True, each=self.stores)
        self.addCleanup(self.fleet.stop)
        self.agent = self.fleet["a"]

    def stores(self, _node):
        (self.fleet_folder() / "couchdb").write_text(f"http://faasbatch:{self.passwords['couchdb']}@127.0.0.1:1/faasbatch")
        (self.fleet_folder() / "redis").write_text(f"redis://:{self.passwords['redis']}@127.0.0.1:{self.redis.port}")
        return ("--couchdb-file", self.fleet_folder() / "couchdb", "--redis-file", self.fleet_folder() / "redis")

    def fleet_folder(self):
        if not hasattr(self, "_folder"):
            self._folder = pathlib.Path(harness.Case.folder(self))
        return self._folder

    def everywhere(self):
        """All that anybody but the holder may come to see, by where it is seen."""
        for node, agent in self.fleet.agents.items():
            yield f"log of {node}", agent.log()
            yield f"metrics of {node}", agent.call("GET", "/metrics").body.decode()
            for path in ("/v1/namespaces/default/invocations?limit=500", "/v1/invocations"):
                listed = agent.call("GET", path)
                yield path, listed.body.decode()
                for item in listed.json()["items"]:
                    for tail in ("", "/logs"):
                        yield "record", agent.call("GET", f"/v1/namespaces/default/invocations/{item['id']}{tail}").body.decode()
            for pid in [agent.process.pid, *harness.descendants(agent.process.pid)]:
                yield f"arguments of {pid}", harness.command_line(pid)
                try:
                    yield f"environment of {pid}", pathlib.Path(f"/proc/{pid}/environ").read_text(errors="replace")
                except OSError:
                    pass
        yield "answers", "\n".join(self.answers)

    def ask(self, method, path, body=None, **headers):
        answer = self.agent.call(method, path, body, headers={"Authorization": f"Bearer {self.passwords['caller']}", **headers})
        self.answers.append(f"{answer.headers} {answer.body.decode(errors='replace')}")
        return answer

    def test_stand_nowhere(self):
        self.answers = []
        self.fleet.apply("stored", [python("f", STORED)])
        self.fleet.apply("looks", [python("f", LOOKS)])
        self.fleet.apply("bound", [python("f", BOUND, bindings=[{"name": "cache", "redis": {"url": f"redis://:{self.passwords['binding']}@127.0.0.1:1"}}])])
        archive = {"url": f"http://me:{self.passwords['archive']}@127.0.0.1:1/code.zip?token={self.passwords['query']}", "sha256": "0" * 64}
        self.fleet.apply("archived", [{"name": "f", "runtime": "Python", "handler": "fn.handler", "source": {"archive": archive}}])
        run = "/v1/namespaces/default/workflows/{}/invocations"
        for name in ("stored", "looks", "bound", "archived"):
            answer = self.ask("POST", run.format(name), "1")
            self.assertIn(answer.status, (200, 500, 503), answer)
            if name == "looks":
                self.assertEqual(answer.json(), [], "a pod's token can be read in its environment")
        self.ask("GET", f"/v1/invocations?access_token={self.passwords['query']}&limit=none")
        for target in ("/v1/peer/messages", f"/v1/peer/gateway/v1/invocations?secret={self.passwords['query']}"):
            self.assertEqual(self.peer(target).status, 401)
        # The wrong password, then nobody at all.
        self.redis.command("CONFIG", "SET", "requirepass", "another")
        self.ask("POST", run.format("stored"), "2")
        self.redis.kill()
        self.ask("POST", run.format("stored"), "3")
        until(lambda: "Redis" in self.agent.log() or "Redis" in self.fleet["b"].log(), "no agent says that its store is away")
        secrets = {**self.passwords, "peers": (self.fleet.folder / "secret").read_text()}
        for where, text in self.everywhere():
            for name, secret in secrets.items():
                self.assertNotIn(secret, text, f"the secret of {name} stands in: {where}")

    def peer(self, target):
        connection = harness.http.client.HTTPConnection("127.0.0.1", self.fleet.ports["a"], timeout=20)
        connection.request("POST", target, "", {"Authorization": f"Bearer {self.passwords['caller']}"})
        return harness.Answer(connection.getresponse())

    def test_journals_are_their_users_alone(self):
        for node in ("a", "b"):
            self.assertEqual(stat.S_IMODE((self.fleet.folder / f"data-{node}").stat().st_mode), 0o700)

    def test_of_urls_that_are_none(self):
        for option in ("--redis-file", "--couchdb-file"):
            for url in ("ftp://:{}@host", "redis://:{}@host:port", "http://u:{}@", "{}"):
                file = self.fleet_folder() / "url"
                file.write_text(url.format(self.passwords["redis"]))
                ended = harness.subprocess.run([str(harness.BUILD / "bin" / "faasbatch-agent"), "--listen", "127.0.0.1:0", option, str(file)],
                                               capture_output=True, text=True, timeout=60, check=False)
                with self.subTest(option=option, url=url):
                    self.assertNotEqual(ended.returncode, 0)
                    self.assertNotIn(self.passwords["redis"], ended.stdout + ended.stderr)


if __name__ == "__main__":
    harness.main()
