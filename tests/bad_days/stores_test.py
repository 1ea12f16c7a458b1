#!/usr/bin/env python3
"""Redis and CouchDB that die, come back, hang and fill up, under outputs that spill and under context.store; and large outputs without them."""
import json
import threading
import time
import unittest

import harness
from harness import python, together, until
from peers import Between, CouchDB, FullCouchDB, Redis

BIG = "def handler(event):\n    return {'i': event['i'], 'text': 'z' * event['size']}\n"
LENGTH = "def handler(event):\n    return [event['i'], len(event['text'])]\n"
STORE = ("def handler(event, context):\n    key = 'k%s' % event['i']\n    context.store.put(key, {'v': event['i']})\n    got = context.store.get(key)\n"
         "    context.store.delete(key)\n    assert context.store.get(key) is None\n    return got['v']\n")
PASS = "def handler(event):\n    return event\n"


def apply_all(agent):
    agent.apply("spill", [python("big", BIG), python("length", LENGTH)],
                [{"name": "big", "function": "big"}, {"name": "length", "function": "length", "input": "${steps.big.output}"}])
    agent.apply("held", [python("big", BIG), python("length", LENGTH)],
                [{"name": "big", "function": "big"}, {"name": "hold", "wait": "${duration(input.hold)}", "after": ["big"]},
                 {"name": "length", "function": "length", "input": "${steps.big.output}", "after": ["hold"]}])
    agent.apply("held-output", [python("big", BIG)],
                [{"name": "big", "function": "big"}, {"name": "hold", "wait": "${duration(input.hold)}", "after": ["big"]}], output="${steps.big.output}")
    agent.apply("store", [python("f", STORE)])
    agent.apply("chain", [python("big", BIG), python("pass", PASS)],
                [{"name": "big", "function": "big"}, {"name": "one", "function": "pass", "input": "${steps.big.output}"},
                 {"name": "two", "function": "pass", "input": "${steps.one.output}"}, {"name": "three", "function": "pass", "input": {"again": "${steps.two.output}"}}])
    agent.apply("well", [python("f", PASS)])


class Stores:
    """The bad days of one kind of store; the classes below name the kind."""
    size = 300_000

    @classmethod
    def setUpClass(cls):
        cls.peer = cls.Peer()
        if cls.peer.missing:
            raise unittest.SkipTest(cls.peer.missing)
        cls.agent = harness.Agent(cls.option, cls.peer.url)
        apply_all(cls.agent)

    @classmethod
    def tearDownClass(cls):
        code = cls.agent.stop()
        cls.peer.kill()
        assert code == 0, f"the agent ended with {code}: {cls.agent.log()[-2000:]}"

    def both_work(self):
        until(lambda: self.agent.invoke("spill", {"i": 1, "size": self.size}).status == 200, "spilling does not work again")
        until(lambda: self.agent.invoke("store", {"i": 1}).status == 200, "context.store does not work again")
        self.assertEqual(self.agent.output("spill", {"i": 1, "size": self.size}), [1, self.size])
        self.assertEqual(self.agent.output("store", {"i": 9}), 9)

    def honest(self, answers, right):
        """Every answer is right or says that the store is not available; none is wrong."""
        for i, answer in enumerate(answers):
            if answer.status == 200:
                self.assertEqual(answer.json(), right(i))
            else:
                self.assertIn(answer.status, (500, 503, 504), answer)
                self.assertIn(answer.json()["error"]["type"], ("StoreUnavailable", "Timeout"), answer)

    def test_killed_and_started_again(self):
        self.both_work()
        self.peer.kill()
        self.assertEqual(self.agent.output("well", 1), 1)
        began = time.monotonic()
        self.failure(self.agent.invoke("spill", {"i": 1, "size": self.size}), "StoreUnavailable", 503, "StoreUnavailable")
        answer = self.agent.invoke("store", {"i": 1})
        self.assertGreaterEqual(answer.status, 500, answer)
        self.assertIn("StoreUnavailable", answer.body.decode())
        self.assertLess(time.monotonic() - began, 45)
        self.assertEqual(self.agent.call("GET", "/healthz").status, 200)
        self.peer.start()
        self.both_work()

    def test_killed_between_two_steps(self):
        self.both_work()
        # A run without the output it needs fails; it does not go on with nothing in its place.
        for name in ("held", "held-output"):
            with self.subTest(workflow=name):
                run = self.agent.accept(name, {"i": 1, "size": self.size, "hold": "1s"})
                until(lambda: any(s["name"] == "big" and s["status"] == "Succeeded" for s in self.agent.record(run)["steps"]), "the first step does not end")
                self.peer.kill()
                record = self.agent.ended(run)
                self.peer.start()
                self.assertEqual(record["status"], "Failed", {**record, "output": str(record.get("output"))[:100]})
                self.assertIn(record["error"]["type"], ("StoreUnavailable", "ExpressionFailed"), record["error"])
                self.both_work()

    def test_slow_for_a_while(self):
        self.both_work()
        self.peer.pause()
        answers = []
        thread = threading.Thread(target=lambda: answers.extend(together(8, lambda i: self.agent.invoke("spill", {"i": i, "size": self.size}))))
        thread.start()
        for i in range(20):
            self.assertEqual(self.agent.output("well", i), i)  # whoever needs no store is not held up
        until(lambda: self.agent.metric("faasbatch_runs_active") >= 1 or answers, "nothing waits")
        self.peer.resume()
        thread.join(harness.PATIENCE)
        self.assertEqual(len(answers), 8)
        self.honest(answers, lambda i: [i, self.size])
        self.both_work()

    def test_killed_again_and_again_under_load(self):
        self.both_work()
        end = threading.Event()

        def hail():
            for _ in range(4):
                if end.wait(0.4):
                    break
                self.peer.kill()
                if end.wait(0.2):
                    self.peer.start()
                    break
                self.peer.start()

        thread = threading.Thread(target=hail)
        thread.start()
        spilled = together(60, lambda i: self.agent.invoke("spill", {"i": i, "size": self.size}), threads=6)
        end.set()
        thread.join(harness.PATIENCE)
        self.honest(spilled, lambda i: [i, self.size])
        self.both_work()

    def test_a_wire_that_is_slow_dead_or_cut(self):
        wire = Between(self.peer.port)
        self.addCleanup(wire.close)
        agent = self.new_agent(self.option, self.peer.url.replace(str(self.peer.port), str(wire.port)))
        apply_all(agent)
        spill = lambda i=1: agent.invoke("spill", {"i": i, "size": self.size})
        self.assertEqual(spill().json(), [1, self.size])
        wire.mode = "slow"
        self.honest([spill(i) for i in range(3)], lambda i: [i, self.size])
        self.assertEqual(spill().json(), [1, self.size])  # slow is not broken
        for mode in ("dead", "cut"):
            with self.subTest(wire=mode):
                wire.mode = mode
                began = time.monotonic()
                self.honest(together(3, spill), lambda i: [i, self.size])
                self.assertLess(time.monotonic() - began, 45)
                self.assertEqual(agent.output("well", 1), 1)
                wire.mode = "good"
                until(lambda: spill().status == 200, f"spilling does not work again after a wire that was {mode}")
        self.assertEqual(agent.stop(), 0)

    def test_large_outputs_through_several_steps(self):
        self.both_work()
        size = 5_000_000
        output = self.agent.output("chain", {"i": 3, "size": size})
        self.assertEqual((output["again"]["i"], len(output["again"]["text"])), (3, size))


class RedisStore(Stores, harness.Case):
    Peer, option = Redis, "--redis"

    def test_nothing_stays_behind(self):
        self.both_work()
        together(30, lambda i: self.agent.output("spill", {"i": i, "size": self.size}), threads=6)
        self.agent.apply("fails-late", [python("big", BIG), python("bad", "def handler(event):\n    raise ValueError('late')\n")],
                         [{"name": "big", "function": "big"}, {"name": "bad", "function": "bad", "input": "${steps.big.output}"}])
        self.failure(self.agent.invoke("fails-late", {"i": 0, "size": self.size}), "ValueError")
        run = self.agent.accept("held", {"i": 1, "size": self.size, "hold": "60s"})
        until(lambda: any(s["name"] == "big" and s["status"] == "Succeeded" for s in self.agent.record(run)["steps"]), "the first step does not end")
        self.assertEqual(self.agent.cancel(run).status, 202)
        self.assertEqual(self.agent.ended(run)["status"], "Cancelled")
        until(lambda: self.peer.keys() == 0, lambda: f"{self.peer.keys()} keys are left after all runs have ended")

    def test_full(self):
        self.both_work()
        self.peer.command("CONFIG", "SET", "maxmemory", "1mb")
        try:
            self.failure(self.agent.invoke("spill", {"i": 1, "size": self.size}), "StoreUnavailable", 503, "StoreUnavailable")
            answer = self.agent.invoke("store", {"i": 1})
            self.assertGreaterEqual(answer.status, 500, answer)
            self.assertEqual(self.agent.output("well", 1), 1)
        finally:
            self.peer.command("CONFIG", "SET", "maxmemory", "0")
        self.both_work()

    def test_not_there_at_the_start(self):
        port = harness.free_port()
        agent = self.new_agent("--redis", f"redis://127.0.0.1:{port}")
        agent.apply("well", [python("f", PASS)])
        self.assertEqual(agent.output("well", 1), 1)
        apply_all(agent)
        self.failure(agent.invoke("spill", {"i": 1, "size": self.size}), "StoreUnavailable", 503, "StoreUnavailable")
        self.assertEqual(agent.stop(), 0)

    def test_a_peer_that_is_no_redis(self):
        """An HTTP server where Redis should be."""
        agent = self.new_agent("--redis", f"redis://127.0.0.1:{self.agent.port}")
        apply_all(agent)
        answer = agent.invoke("spill", {"i": 1, "size": self.size})
        self.failure(answer, "StoreUnavailable", 503, "StoreUnavailable")
        self.assertEqual(agent.output("well", 1), 1)
        self.assertEqual(agent.stop(), 0)


    def test_an_agent_killed_between_two_steps(self):
        """With its store alive, a new agent goes on with the outputs that the old one put there."""
        self.both_work()
        agent = self.new_agent("--data", self.folder(), "--redis", self.peer.url)
        apply_all(agent)
        run = agent.accept("held", {"i": 4, "size": self.size, "hold": "1s"})
        until(lambda: any(s["name"] == "big" and s["status"] == "Succeeded" for s in agent.record(run)["steps"]), "the first step does not end")
        agent.ended(agent.accept("well", 1))  # what is on disk of this run means that what came before is as well
        agent.process.kill()
        agent.process.wait()
        agent.start()
        record = agent.ended(run)
        self.assertEqual((record["status"], record["output"]), ("Succeeded", [4, self.size]), record["error"])
        self.assertEqual(agent.stop(), 0)


class CouchDBStore(Stores, harness.Case):
    Peer, option = CouchDB, "--couchdb"

    def test_full(self):
        full = FullCouchDB()
        self.addCleanup(full.close)
        agent = self.new_agent("--couchdb", full.url)
        apply_all(agent)
        self.failure(agent.invoke("spill", {"i": 1, "size": self.size}), "StoreUnavailable", 503, "StoreUnavailable")
        self.assertGreater(full.refused, 0)
        answer = agent.invoke("store", {"i": 1})
        self.assertGreaterEqual(answer.status, 500, answer)
        self.assertEqual(agent.output("well", 1), 1)
        self.assertEqual(agent.stop(), 0)


class NoStore(harness.Case):
    def test_large_outputs_in_memory_and_with_a_journal(self):
        size = 5_000_000
        for arguments in ((), ("--data", self.folder())):
            with self.subTest(arguments=arguments):
                agent = self.new_agent(*arguments)
                apply_all(agent)
                output = agent.output("chain", {"i": 3, "size": size})
                self.assertEqual((output["again"]["i"], len(output["again"]["text"])), (3, size))
                run = agent.accept("chain", {"i": 7, "size": size})
                record = agent.ended(run)
                self.assertEqual(record["status"], "Succeeded", record["error"])
                lengths = together(3, lambda i: agent.output("spill", {"i": i, "size": size}))
                self.assertEqual(lengths, [[i, size] for i in range(3)])
                until(lambda: agent.metric("faasbatch_runs_active") == 0, "runs do not end")
                self.assertEqual(agent.stop(), 0)

    def test_misuse_of_the_store(self):
        """Values and keys that cannot be are an error in the handler, which goes on."""
        code = ("def handler(event, context):\n    said = []\n    for act in (lambda: context.store.put('', 1), lambda: context.store.put('k' * 100_000, 1), lambda: context.store.put(7, 1),\n"
                "                lambda: context.store.put('k', object()), lambda: context.store.put('k', float('nan')), lambda: context.store.put('k', b'x' * 100_000_000),\n"
                "                lambda: context.store.get(None), lambda: context.store.put('\\ud800', 1), lambda: context.store.put('a\\nb', 1),\n"
                "                lambda: context.store.put('k' * 1024, 1)):\n"
                "        try:\n            act()\n            said.append('')\n        except Exception as e:\n            said.append(type(e).__name__)\n"
                "    for key in ('ключ', 'a b/c?d#e%', '../../x', '\u200b', 'k' * 1000):\n        context.store.put(key, [key])\n        assert context.store.get(key) == [key], key\n"
                "        context.store.delete(key)\n        assert context.store.get(key) is None\n    assert context.store.get('nobody') is None\n    return said\n")
        self.agent.apply("misuse", [python("f", code)])
        said = self.agent.output("misuse")
        self.assertEqual(said, ["InvalidKey", "InvalidKey", "TypeError", "TypeError", "ValueError", "ValueTooLarge", "TypeError", "InvalidKey", "InvalidKey", "InvalidKey"])

    def test_a_large_output_outlives_the_agent(self):
        data, size = self.folder(), 1_000_000
        agent = self.new_agent("--data", data)
        apply_all(agent)
        run = agent.accept("held-output", {"i": 3, "size": size, "hold": "1s"})
        until(lambda: any(s["name"] == "big" and s["status"] == "Succeeded" for s in agent.record(run)["steps"]), "the first step does not end")
        answer = agent.invoke("well", 1, Prefer="respond-async")  # its acceptance on disk means that what came before is as well
        self.assertEqual(answer.status, 202)
        agent.process.kill()
        agent.process.wait()
        agent.start()
        record = agent.ended(run)
        self.assertEqual(record["status"], "Succeeded", record["error"])
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
