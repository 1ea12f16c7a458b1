#!/usr/bin/env python3
"""The journal's disk full, gone read-only or damaged; the clock set back."""
import contextlib
import os
import pathlib
import subprocess
import time
import unittest

import harness
from harness import ECHO, SLEEP, python, together, until, workflow

MEGABYTES = 4


class Disk(unittest.TestCase):
    """A small file system of its own, mounted by root."""
    folder, new_agent = harness.Case.folder, harness.Case.new_agent
    problem, failure = harness.Case.problem, harness.Case.failure

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small tmpfs")
        self.data = pathlib.Path(self.folder()) / "data"
        self.data.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", self.data], capture_output=True, text=True)
        if done.returncode:
            self.skipTest(f"a tmpfs cannot be mounted: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.data], check=True)

    def fill(self):
        """Takes all that is left of the disk."""
        with open(self.data / "ballast", "ab") as ballast, contextlib.suppress(OSError):
            while True:
                os.write(ballast.fileno(), b"x" * 4096)

    def free(self):
        (self.data / "ballast").unlink()

    def refuse(self, agent):
        """Runs are offered until one is refused: what SQLite had in hand of its files is used up then. Gives those accepted before."""
        accepted = {}

        def offer():
            answer = agent.invoke("work", {"i": len(accepted), "pad": "p" * 20_000}, Prefer="respond-async")
            if answer.status == 202:
                accepted[answer.headers["invocation-id"]] = len(accepted)
                return None
            return answer

        self.problem(until(offer, "a full disk refuses nothing"), 503, "StoreUnavailable")
        return accepted

    def test_full_and_freed_again(self):
        agent = self.new_agent("--data", self.data)
        agent.apply("work", [python("f", ECHO)])
        accepted = {agent.accept("work", {"i": "before"}): "before"}
        agent.apply("held", [python("f", ECHO)], [{"name": "w", "wait": "100s"}])
        held = agent.accept("held")
        self.fill()
        accepted.update(self.refuse(agent))
        self.assertEqual(agent.cancel(held).status, 202)
        until(lambda: agent.call("GET", "/readyz").status == 503, "/readyz does not say that the journal cannot be written")
        self.problem(agent.call("GET", "/readyz"), 503, "StoreUnavailable")
        self.assertEqual(agent.call("GET", "/healthz").status, 200)
        self.assertRegex(agent.log(), "(?i)disk|full|space")
        self.assertEqual(agent.output("work", {"i": "sync"}), {"i": "sync"})  # a caller that holds the request needs no disk
        refusals = together(20, lambda i: agent.invoke("work", {"i": i}, Prefer="respond-async"))
        for answer in refusals:
            self.problem(answer, 503, "StoreUnavailable")
        self.problem(agent.put(workflow("other", [python("f", ECHO)])), 503, "StoreUnavailable")
        self.free()
        until(lambda: agent.call("GET", "/readyz").status == 200, "the agent does not recover when space is freed")
        accepted[agent.accept("work", {"i": "after"})] = "after"
        for run, i in accepted.items():
            record = agent.ended(run)
            self.assertEqual((record["status"], record["output"]["i"]), ("Succeeded", i), record)
        self.assertEqual(agent.stop(), 0)
        agent.start()
        self.assertEqual(agent.ended(held)["status"], "Cancelled")
        for run, i in accepted.items():
            record = agent.ended(run)
            self.assertEqual((record["status"], record["output"]["i"]), ("Succeeded", i), record)
        self.assertEqual(agent.stop(), 0)

    def test_full_under_load_then_killed(self):
        agent = self.new_agent("--data", self.data)
        agent.apply("work", [python("f", SLEEP)], [{"name": "one", "function": "f"}, {"name": "two", "function": "f", "after": ["one"]}])
        accepted = [agent.accept("work", {"sleep": 0.3, "i": i}) for i in range(30)]
        self.fill()
        accepted += self.refuse(agent)
        agent.process.kill()
        agent.process.wait()
        self.free()
        agent.start()
        for run in accepted:
            self.assertEqual(agent.ended(run)["status"], "Succeeded", run)
        self.assertEqual(agent.stop(), 0)

    def test_full_at_the_start(self):
        agent = self.new_agent("--data", self.data)
        agent.apply("work", [python("f", ECHO)])
        run = agent.accept("work", {"i": 1})
        agent.ended(run)
        agent.stop()
        self.fill()
        try:
            agent.start()
        except AssertionError as refused:  # it may refuse to start, but then it says why
            self.assertRegex(str(refused), "(?i)disk|full|space")
            self.free()
            agent.start()
        else:
            self.assertEqual(agent.output("work", {"i": 2}), {"i": 2})
            self.free()
        self.assertEqual(agent.ended(run)["status"], "Succeeded")
        until(lambda: agent.invoke("work", {"i": 3}, Prefer="respond-async").status == 202, "it does not recover")
        self.assertEqual(agent.stop(), 0)

    def test_the_same_key_twice_at_once_on_a_full_disk(self):
        """The second of two is not told 202 either, as nothing of the first is on disk."""
        agent = self.new_agent("--data", self.data)
        agent.apply("work", [python("f", ECHO)])
        self.fill()
        accepted = set()

        def offer(key):
            answers = together(8, lambda i: agent.invoke("work", {"i": key, "pad": "p" * 20_000}, Prefer="respond-async", Idempotency_Key=f"k{key}"))
            accepted.update(a.headers["invocation-id"] for a in answers if a.status == 202)
            self.assertLessEqual({a.status for a in answers}, {202, 503})
            return all(a.status == 503 for a in answers)

        key = iter(range(1_000_000))
        until(lambda: offer(next(key)), "a full disk refuses nothing")
        answers = together(8, lambda i: agent.invoke("work", {"i": 99}, Prefer="respond-async, wait=5", Idempotency_Key="waits"))
        for answer in answers:
            self.problem(answer, 503, "StoreUnavailable")
        agent.process.kill()
        agent.process.wait()
        self.free()
        agent.start()
        for run in accepted:
            self.assertEqual(agent.ended(run)["status"], "Succeeded")
        self.assertEqual(agent.ended(agent.accept("work", {"i": 99}, Idempotency_Key="waits"))["status"], "Succeeded")
        self.assertEqual(agent.stop(), 0)


class Damage(unittest.TestCase):
    folder, new_agent = harness.Case.folder, harness.Case.new_agent

    def filled(self):
        data = pathlib.Path(self.folder())
        agent = self.new_agent("--data", data)
        agent.apply("work", [python("f", ECHO)])
        for run in [agent.accept("work", {"i": i}) for i in range(50)]:
            agent.ended(run)
        self.assertEqual(agent.stop(), 0)
        return data, agent

    def test_a_damaged_journal_is_named_and_set_aside(self):
        def garbage(file):
            file.write_bytes(b"this was a journal\n" * 1000)

        def cut(file):
            os.truncate(file, file.stat().st_size // 2 + 100)

        def holes(file):
            with open(file, "r+b") as f:
                for offset in range(4096, file.stat().st_size, 8192):
                    f.seek(offset)
                    f.write(os.urandom(4096))

        def head(file):
            with open(file, "r+b") as f:
                f.write(b"\xff" * 100)

        for damage in (garbage, cut, holes, head):
            with self.subTest(damage=damage.__name__):
                data, agent = self.filled()
                damage(data / "journal.db")
                agent.start()
                # Holes may only be met when the place is read.
                agent.call("GET", "/v1/namespaces/default/invocations?limit=100")
                agent.apply("work", [python("f", ECHO)])
                self.assertEqual(agent.output("work", 7), 7)
                until(lambda: agent.invoke("work", 1, Prefer="respond-async").status == 202, "runs are not accepted again")
                aside = [f.name for f in data.iterdir() if "damaged" in f.name]
                self.assertTrue(aside, list(data.iterdir()))
                self.assertTrue(any(name in agent.log() for name in aside), agent.log()[-2000:])
                self.assertEqual(agent.stop(), 0)
                agent.start()
                self.assertEqual(agent.output("work", 8), 8)
                self.assertEqual(agent.stop(), 0)

    def test_an_empty_or_foreign_file(self):
        for content in (b"", b"SQLite format 3\0"):
            with self.subTest(content=content):
                data = pathlib.Path(self.folder())
                (data / "journal.db").write_bytes(content)
                agent = self.new_agent("--data", data)
                agent.apply("work", [python("f", ECHO)])
                self.assertEqual(agent.ended(agent.accept("work", 1))["status"], "Succeeded")
                self.assertEqual(agent.stop(), 0)

    def test_a_journal_removed_under_the_agent(self):
        data = pathlib.Path(self.folder())
        agent = self.new_agent("--data", data)
        agent.apply("work", [python("f", ECHO)])
        for file in data.iterdir():
            if file.is_file():
                file.unlink()
        answer = agent.invoke("work", 1, Prefer="respond-async")
        self.assertIn(answer.status, (202, 503), answer)
        self.assertEqual(agent.output("work", 2), 2)
        self.assertEqual(agent.stop(), 0)

    def test_two_agents_of_one_directory(self):
        data = self.folder()
        agent = self.new_agent("--data", data)
        with self.assertRaisesRegex(AssertionError, "(?i)another|uses|lock"):
            harness.Agent("--data", data)
        self.assertEqual(agent.call("GET", "/readyz").status, 200)

    def test_a_directory_that_cannot_be(self):
        file = pathlib.Path(self.folder()) / "file"
        file.touch()
        with self.assertRaisesRegex(AssertionError, "file"):
            harness.Agent("--data", file / "data")


class Clock(unittest.TestCase):
    """The wall clock an hour back and forth: by Debian's faketime, whose library reads the offset from a file."""
    folder, new_agent = harness.Case.folder, harness.Case.new_agent

    def setUp(self):
        self.offset = pathlib.Path(self.folder()) / "offset"
        self.set("+0")
        self.env = harness.clock_behind(self, file=self.offset)

    def set(self, offset):
        fresh = self.offset.with_suffix(".new")
        fresh.write_text(offset + "\n")
        os.replace(fresh, self.offset)

    def test_an_hour_back_while_runs_are_under_way(self):
        data = self.folder()
        agent = self.new_agent("--data", data, env=self.env)
        agent.apply("work", [python("f", SLEEP)], [{"name": "one", "function": "f"}, {"name": "pause", "wait": "1s", "after": ["one"]},
                                                   {"name": "two", "function": "f", "after": ["pause"]}])
        first = agent.ended(agent.accept("work", {"i": 0}))
        runs = [agent.accept("work", {"sleep": 0.2, "i": i}, Idempotency_Key=f"k{i}") for i in range(10)]
        self.set("-3600")
        later = [agent.accept("work", {"sleep": 0.2, "i": i}) for i in range(10)]
        for run in runs + later:
            record = agent.ended(run)
            self.assertEqual(record["status"], "Succeeded", record)
            self.assertGreaterEqual(record["receipt"]["total"], 1000)
            self.assertLess(record["receipt"]["total"], 60_000, "the step of the clock is in the receipt")
            self.assertLessEqual(record["createdAt"], record["finishedAt"])
        answer = agent.invoke("work", {"sleep": 0.2, "i": 3}, Idempotency_Key="k3")
        self.assertEqual((answer.status, answer.headers["invocation-id"]), (200, runs[3]), answer)
        listed = agent.call("GET", "/v1/namespaces/default/invocations?limit=100").json()["items"]
        self.assertEqual({r["id"] for r in listed}, {first["id"], *runs, *later})
        agent.process.kill()
        agent.process.wait()
        agent.start()  # its journal is an hour ahead of the clock
        for run in runs + later:
            self.assertEqual(agent.ended(run)["status"], "Succeeded")
        self.assertEqual(agent.ended(agent.accept("work", {"i": 1}))["status"], "Succeeded")
        self.assertEqual(agent.stop(), 0)

    def test_an_hour_forth_ends_nothing_early(self):
        self.set("-3600")
        agent = self.new_agent(env=self.env)
        agent.apply("work", [python("f", SLEEP)])
        run = agent.accept("work", {"sleep": 1})
        self.set("+0")
        record = agent.ended(run)
        self.assertEqual(record["status"], "Succeeded", record)
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
