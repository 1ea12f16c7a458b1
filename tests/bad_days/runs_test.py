#!/usr/bin/env python3
"""Runs in number and in trouble: cancelled wherever they are, polled, listed, refused, held back; and many callers at once."""
import collections
import http.client
import json
import pathlib
import re
import threading
import time
import unittest

import harness
from harness import ECHO, SLEEP, python, together, until


class TimingOut(harness.Case):
    def test_says_what_a_call_that_has_not_begun_waits_for(self):
        self.agent.apply("unloaded", [python("f", "import time\ntime.sleep(20)\n" + ECHO)], timeout="2s")
        answer = self.agent.invoke("unloaded", 1)
        error = self.failure(answer, "Timeout", 504, "Timeout")
        self.assertRegex(error["message"], r'did not end within 2s: step "only" waits for a pod: pod .+: it loads the function')


class Cancelling(harness.Case):
    def cancelled(self, run):
        answer = self.agent.cancel(run)
        self.assertEqual(answer.status, 202, answer)
        record = self.agent.ended(run)
        self.assertEqual((record["status"], record["error"]["type"]), ("Cancelled", "Cancelled"), record)
        return record

    def test_queued_and_running(self):
        self.agent.apply("one", [python("f", SLEEP, limit=1, pool={"maxPods": 1})])
        runs = [self.agent.accept("one", {"sleep": 30, "i": i}) for i in range(10)]
        until(lambda: any(self.agent.record(run)["steps"] and self.agent.record(run)["steps"][0]["status"] == "Running" for run in runs), "none runs")
        began = time.monotonic()
        for run in reversed(runs):
            self.cancelled(run)
        self.assertEqual(self.agent.output("one", {"sleep": 0}), {"sleep": 0})
        self.assertLess(time.monotonic() - began, 25, "cancelled calls still hold the function")

    def test_running_in_each_mode_and_deaf_to_it(self):
        deaf = "import time\ndef handler(event):\n    while event['deaf']:\n        try:\n            time.sleep(100)\n        except BaseException:\n            pass\n    return 1\n"
        for mode in ("Threads", "Processes", "Exclusive"):
            with self.subTest(mode=mode):
                name = "deaf-" + mode.lower()
                self.agent.apply(name, [python("f", deaf, mode, 1 if mode == "Exclusive" else 8, pool={"maxPods": 1})])
                run = self.agent.accept(name, {"deaf": True})
                until(lambda: self.agent.record(run)["status"] == "Running", "the run does not begin")
                self.cancelled(run)
                self.assertEqual(self.agent.output(name, {"deaf": False}), 1)

    def test_waiting_steps_and_foreach(self):
        self.agent.apply("waiting", [python("f", SLEEP)], [{"name": "w", "wait": "100s"}])
        run = self.agent.accept("waiting")
        self.cancelled(run)
        self.agent.apply("each", [python("f", SLEEP)], [{"name": "e", "foreach": {"items": "${input}"}, "function": "f", "input": {"sleep": 20, "i": "${item}"}}])
        run = self.agent.accept("each", list(range(300)))
        until(lambda: self.agent.record(run)["status"] == "Running", "the run does not begin")
        self.cancelled(run)

    def test_a_catch_of_all_does_not_catch_it(self):
        self.agent.apply("catches", [python("f", SLEEP)], [{"name": "s", "function": "f", "retry": {"limit": 5}, "catch": [{"on": ["*"], "steps": [{"name": "c", "function": "f"}]}]}])
        run = self.agent.accept("catches", {"sleep": 30})
        until(lambda: self.agent.record(run)["status"] == "Running", "the run does not begin")
        self.cancelled(run)

    def test_a_sub_workflow(self):
        self.agent.apply("inner", [python("f", SLEEP)])
        self.agent.apply("outer", [python("f", SLEEP)], [{"name": "s", "workflow": "inner"}])
        run = self.agent.accept("outer", {"sleep": 30})
        until(lambda: self.agent.record(run)["status"] == "Running", "the run does not begin")
        self.cancelled(run)

    def test_a_waiting_caller_is_told(self):
        self.agent.apply("told", [python("f", SLEEP)])
        self.agent.output("told", {})
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.agent.invoke("told", {"sleep": 30}, Idempotency_Key="told")))
        thread.start()
        found = until(lambda: [r for r in self.agent.call("GET", "/v1/namespaces/default/invocations?workflow=told&status=Running").json()["items"]], "no run is listed")
        self.cancelled(found[0]["id"])
        thread.join(harness.PATIENCE)
        self.problem(answers[0], 409, "Cancelled")

    def test_ended_runs_stay_as_they_are(self):
        answer = self.agent.invoke("well", 1)
        run = answer.headers["invocation-id"]
        for _ in range(3):
            self.assertIn(self.agent.cancel(run).status, (200, 202))
            self.assertEqual(self.agent.record(run)["status"], "Succeeded")

    def test_twice_at_once_and_while_it_ends(self):
        self.agent.apply("short", [python("f", SLEEP)])
        self.agent.output("short", {})
        for _ in range(20):
            run = self.agent.accept("short", {"sleep": 0.01})
            statuses = {a.status for a in together(4, lambda i: self.agent.cancel(run))}
            self.assertLessEqual(statuses, {200, 202})
            self.assertIn(self.agent.ended(run)["status"], ("Cancelled", "Succeeded"))


class Watching(harness.Case):
    def test_long_polls_end_with_the_run_or_their_time(self):
        self.agent.apply("slow", [python("f", SLEEP)])
        self.agent.output("slow", {})
        run = self.agent.accept("slow", {"sleep": 1})
        records = together(40, lambda i: self.agent.record(run, wait=30))
        self.assertEqual({r["status"] for r in records}, {"Succeeded"})
        run = self.agent.accept("slow", {"sleep": 20})
        began = time.monotonic()
        self.assertIn(self.agent.record(run, wait=1)["status"], ("Pending", "Running"))
        self.assertGreaterEqual(time.monotonic() - began, 0.9)
        self.agent.cancel(run)
        answer = self.agent.invoke("slow", {"sleep": 1}, Prefer="respond-async, wait=0.2")
        self.assertEqual((answer.status, answer.headers["preference-applied"]), (202, "respond-async, wait=0.2"))
        answer = self.agent.invoke("slow", {"sleep": 0.1}, Prefer="respond-async, wait=20")
        self.assertEqual((answer.status, answer.headers["preference-applied"]), (200, "wait=20"))

    def test_paging_under_load(self):
        for arguments in ((), ("--data", self.folder())):
            with self.subTest(arguments=arguments):
                agent = self.new_agent(*arguments)
                agent.apply("listed", [python("f", ECHO)])
                mine = [agent.accept("listed", i) for i in range(60)]
                end = threading.Event()

                def load(worker):
                    while not end.is_set():
                        agent.invoke("listed", "load", **({"Prefer": "respond-async"} if worker % 2 else {}))

                threads = [threading.Thread(target=load, args=(w,)) for w in range(4)]
                for thread in threads:
                    thread.start()
                try:
                    for _ in range(3):
                        seen, page = [], ""
                        for _ in range(500):
                            answer = agent.call("GET", f"/v1/namespaces/default/invocations?workflow=listed&limit=37{page}").json()
                            self.assertLessEqual(len(answer["items"]), 37)
                            self.assertTrue(all(r["workflow"] == "listed" for r in answer["items"]), answer["items"])
                            seen += [r["id"] for r in answer["items"]]
                            if "continue" not in answer:
                                break
                            page = "&continue=" + answer["continue"]
                        else:
                            self.fail("the list does not end")
                        self.assertEqual(seen, sorted(set(seen), reverse=True), "newest first, each once")
                        self.assertLessEqual(set(mine), set(seen))
                finally:
                    end.set()
                    for thread in threads:
                        thread.join(harness.PATIENCE)
                self.assertEqual(agent.stop(), 0)

    def test_lists_by_status(self):
        self.agent.apply("fails", [python("f", "def handler(event):\n    raise ValueError('x')\n")])
        self.agent.invoke("fails", 1)
        for status in ("Succeeded", "Failed", "Cancelled", "TimedOut", "Running", "Pending"):
            items = self.agent.call("GET", f"/v1/namespaces/default/invocations?status={status}&limit=1000").json()["items"]
            self.assertLessEqual({r["status"] for r in items}, {status})
        self.assertEqual(self.agent.call("GET", "/v1/namespaces/default/invocations?workflow=nobody").json()["items"], [])
        self.assertEqual(self.agent.call("GET", "/v1/namespaces/other/invocations").json()["items"], [])
        self.problem(self.agent.call("GET", "/v1/namespaces/default/invocations?continue=garbage!"), 400, "InvalidRequest")

    def test_lists_newest_first_within_a_millisecond(self):
        self.agent.apply("quick", [python("f", ECHO)])
        runs = [self.agent.invoke("quick", i).headers["invocation-id"] for i in range(60)]
        items = self.agent.call("GET", "/v1/namespaces/default/invocations?workflow=quick").json()["items"]
        self.assertEqual([item["id"] for item in items], runs[::-1])


class Crowds(harness.Case):
    def test_a_full_queue_refuses_and_keeps_what_it_took(self):
        self.agent.apply("tight", [python("f", SLEEP, limit=2, pool={"maxPods": 1}, batching={"maxQueue": 10})])
        self.agent.output("tight", {})
        runs = [self.agent.accept("tight", {"sleep": 0.05, "i": i}) for i in range(60)]  # accepted: they wait, whatever the queue's bound
        answers = together(40, lambda i: self.agent.invoke("tight", {"sleep": 0.05, "i": i}))
        counts = collections.Counter(a.status for a in answers)
        self.assertLessEqual(set(counts), {200, 429}, counts)
        self.assertGreater(counts[429], 0, counts)
        for i, answer in enumerate(answers):
            if answer.status == 429:
                self.problem(answer, 429, "QueueFull")
            else:
                self.assertEqual(answer.json()["i"], i)
        for i, run in enumerate(runs):
            record = self.agent.ended(run)
            self.assertEqual((record["status"], record["output"]["i"]), ("Succeeded", i), record)

    def test_foreach_over_more_items_than_the_queue_takes(self):
        self.agent.apply("each", [python("f", "def handler(event):\n    return event * 2\n")], [{"name": "e", "foreach": {"items": "${input}"}, "function": "f", "input": "${item}"}])
        items = list(range(3000))
        self.assertEqual(self.agent.output("each", items), [2 * i for i in items])
        for run in [self.agent.accept("each", items) for _ in range(2)]:
            record = self.agent.ended(run)
            self.assertEqual((record["status"], record["output"]), ("Succeeded", [2 * i for i in items]), record["error"])

    def test_foreach_with_a_bad_item_in_the_midst(self):
        self.agent.apply("each-bad", [python("f", "def handler(event):\n    return 1 / (event - 1500)\n")], [{"name": "e", "foreach": {"items": "${input}"}, "function": "f", "input": "${item}"}])
        self.failure(self.agent.invoke("each-bad", list(range(3000))), "ZeroDivisionError")
        self.assertEqual(self.agent.output("each-bad", [1501]), [1])
        until(lambda: self.agent.metric("faasbatch_runs_active") == 0, "the run does not end")

    def test_too_many_items(self):
        self.agent.apply("each-many", [python("f", ECHO)], [{"name": "e", "foreach": {"items": "${input}"}, "function": "f"}])
        answer = self.agent.invoke("each-many", [0] * 100_001)
        self.assertEqual(answer.status, 500, answer)

    def test_10_000_calls_of_64_callers_get_each_their_own(self):
        self.agent.apply("crowd", [python("f", "def handler(event):\n    return {'mine': event['i'], 'twice': event['i'] * 2}\n", limit=64)])
        self.agent.output("crowd", {"i": 0})
        count, callers = 10_000, 64
        wrong, sums = [], []

        def caller(number):
            connection = http.client.HTTPConnection("127.0.0.1", self.agent.port, timeout=harness.PATIENCE)
            for i in range(number, count, callers):
                connection.request("POST", "/v1/namespaces/default/workflows/crowd/invocations", json.dumps({"i": i}), {"Content-Type": "application/json"})
                answer = harness.Answer(connection.getresponse())
                if answer.status != 200 or answer.json() != {"mine": i, "twice": 2 * i}:
                    wrong.append((i, answer))
                    continue
                parts = {name: float(ms) for name, ms in re.findall(r"([a-z]+);dur=([0-9.]+)", answer.headers["server-timing"])}
                total = parts.pop("total")
                if abs(sum(parts.values()) - total) > max(0.1, 0.01 * total):
                    sums.append((i, total, parts))
            connection.close()

        together(callers, caller)
        self.assertEqual((len(wrong), len(sums)), (0, 0), (wrong[:2], sums[:2]))
        listed = self.agent.call("GET", "/v1/namespaces/default/invocations?workflow=crowd&limit=5").json()["items"]
        self.assertEqual({r["status"] for r in listed}, {"Succeeded"})

    def test_limit_of_descriptors(self):
        """Agent and supervisor raise theirs; functions, which may call select(), have what the agent was started with."""
        import resource
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        most = 1 << 20 if hard == resource.RLIM_INFINITY else min(hard, 1 << 20)
        agent = self.new_agent(prefix=("prlimit", "--nofile=256:"))
        limits = "import os, resource\ndef handler(event):\n    return [resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.getppid()]\n"
        for mode in ("Threads", "Processes"):
            agent.apply(mode.lower(), [python("f", limits, mode)])
            soft, parent = agent.output(mode.lower(), 1)
            self.assertEqual(soft, 256, mode)
            if mode == "Threads":
                self.assertEqual(resource.prlimit(parent, resource.RLIMIT_NOFILE), (most, hard))
        self.assertEqual(resource.prlimit(agent.process.pid, resource.RLIMIT_NOFILE), (most, hard))
        self.assertEqual(agent.stop(), 0)

    def test_many_connections_at_once(self):
        """More connections than the agent serves at once: the rest waits its turn."""
        import resource
        import socket
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 4600
        if hard != resource.RLIM_INFINITY and hard < wanted + 200:
            self.skipTest(f"only {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 200), hard))
        agent = self.new_agent()
        agent.apply("well", [python("f", ECHO)])
        idle = []
        try:
            for _ in range(wanted):
                s = socket.socket()
                s.setblocking(False)
                s.connect_ex(("127.0.0.1", agent.port))
                idle.append(s)
            for s in idle[:1000]:
                s.close()
            self.assertEqual(agent.output("well", 1), 1)
        finally:
            for s in idle:
                s.close()
        self.assertEqual(agent.output("well", 2), 2)
        self.assertEqual(agent.stop(), 0)


class Memory(harness.Case):
    """The memory of all runs under way is bounded, whatever their number."""
    arguments = ("--max-run-memory", "16")

    def test_large_inputs_are_refused_when_the_bound_is_reached(self):
        gate = pathlib.Path(self.folder()) / "gate"
        wait = "import os, time\ndef handler(event):\n    while not os.path.exists(event[0]):\n        time.sleep(0.01)\n    return len(event[1])\n"
        self.agent.apply(self.name, [python("f", wait)])
        event = [str(gate), "x" * (1 << 20)]
        answers = [self.agent.invoke(self.name, event, Prefer="respond-async") for _ in range(24)]
        taken = [answer.headers["invocation-id"] for answer in answers if answer.status == 202]
        self.assertTrue(8 <= len(taken) <= 16, answers)
        for answer in answers[len(taken):]:
            self.problem(answer, 429, "QueueFull")
        self.problem(self.agent.invoke(self.name, event), 429, "QueueFull")  # synchronous ones too
        self.assertGreater(self.agent.metric("faasbatch_runs_active_bytes"), len(taken) << 20)
        gate.touch()
        for run in taken:
            self.assertEqual(self.agent.ended(run)["output"], 1 << 20)
        self.assertEqual(self.agent.output(self.name, event), 1 << 20)
        until(lambda: self.agent.metric("faasbatch_runs_active_bytes") == 0, "memory is still counted of runs that have ended")

    def all_in_each(self, code):
        """A foreach whose every item is given all of the run's input."""
        self.agent.apply(self.name, [python("f", code)],
                         steps=[{"name": "each", "function": "f", "input": {"item": "${item}", "all": "${input}"},
                                 "foreach": {"items": "${[" + ",".join(["0"] * 400) + "]}"}}])

    def test_a_foreach_holds_the_inputs_of_a_few_calls(self):
        self.all_in_each("def handler(event):\n    return len(event['all'])\n")
        before = self.agent.rss()
        self.assertEqual(self.agent.output(self.name, "x" * (1 << 20)), [1 << 20] * 400)  # 400 MiB, one after the other
        self.assertLess(self.agent.rss() - before, 100)  # MiB

    def test_a_run_that_outgrows_its_share_ends_and_others_go_on(self):
        self.all_in_each("def handler(event):\n    return 'y' * 60000\n")  # stays in the run
        error = self.failure(self.agent.invoke(self.name, "x"), "RunTooLarge")
        self.assertIn("bounds those of one run by 8388608 (half of --max-run-memory)", error["message"])
        self.assertIn("maxConcurrency", error["message"])
        until(lambda: self.agent.metric("faasbatch_runs_active_bytes") == 0, "memory is still counted of a run that has ended")
        self.agent.apply("small", [python("f", ECHO)])
        self.assertEqual(self.agent.output("small", 1), 1)


if __name__ == "__main__":
    harness.main()
